//! The route of a Topic (105).
//!
//! Go takes `brokerAddrs` apart as text, so no blank may stand anywhere; keys are always quoted.

use crate::protocol::json;

/// Reading allowed.
pub const PERM_READ: u8 = 4;
/// Writing allowed.
pub const PERM_WRITE: u8 = 2;

/// Where a Topic is: one broker, one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<'a> {
    pub broker_name: &'a str,
    pub cluster: &'a str,
    /// `host:port`; clients connect to exactly this.
    pub address: &'a str,
    pub read_queues: u16,
    pub write_queues: u16,
    /// [`PERM_READ`] and [`PERM_WRITE`] together are 6.
    pub perm: u8,
}

impl Route<'_> {
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut number = itoa::Buffer::new();
        out.extend_from_slice(br#"{"brokerDatas":[{"brokerAddrs":{"0":"#);
        json::push_text(out, self.address);
        out.extend_from_slice(br#"},"brokerName":"#);
        json::push_text(out, self.broker_name);
        out.extend_from_slice(br#","cluster":"#);
        json::push_text(out, self.cluster);
        out.extend_from_slice(br#"}],"filterServerTable":{},"queueDatas":[{"brokerName":"#);
        json::push_text(out, self.broker_name);
        out.extend_from_slice(br#","perm":"#);
        out.extend_from_slice(number.format(self.perm).as_bytes());
        out.extend_from_slice(br#","readQueueNums":"#);
        out.extend_from_slice(number.format(self.read_queues).as_bytes());
        out.extend_from_slice(br#","topicSysFlag":0,"writeQueueNums":"#);
        out.extend_from_slice(number.format(self.write_queues).as_bytes());
        out.extend_from_slice(b"}]}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_compact_json_with_quoted_keys() {
        let mut out = Vec::new();
        let route = Route {
            broker_name: "broker-a",
            cluster: "DefaultCluster",
            address: "10.0.0.5:10911",
            read_queues: 8,
            write_queues: 8,
            perm: PERM_READ | PERM_WRITE,
        };
        route.encode(&mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            r#"{"brokerDatas":[{"brokerAddrs":{"0":"10.0.0.5:10911"},"brokerName":"broker-a","cluster":"DefaultCluster"}],"filterServerTable":{},"queueDatas":[{"brokerName":"broker-a","perm":6,"readQueueNums":8,"topicSysFlag":0,"writeQueueNums":8}]}"#
        );
    }
}
