//! The brokers of a cluster (106): here always one, under the address of the caller's door.

use crate::protocol::json;

/// Appends the tables of one broker in one cluster.
pub fn encode(broker_name: &str, cluster: &str, address: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"brokerAddrTable":{"#);
    json::push_text(out, broker_name);
    out.extend_from_slice(br#":{"brokerAddrs":{"0":"#);
    json::push_text(out, address);
    out.extend_from_slice(br#"},"brokerName":"#);
    json::push_text(out, broker_name);
    out.extend_from_slice(br#","cluster":"#);
    json::push_text(out, cluster);
    out.extend_from_slice(br#"}},"clusterAddrTable":{"#);
    json::push_text(out, cluster);
    out.extend_from_slice(b":[");
    json::push_text(out, broker_name);
    out.extend_from_slice(b"]}}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_name_one_broker() {
        let mut out = Vec::new();
        encode("b", "c", "h:1", &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            r#"{"brokerAddrTable":{"b":{"brokerAddrs":{"0":"h:1"},"brokerName":"b","cluster":"c"}},"clusterAddrTable":{"c":["b"]}}"#
        );
    }
}
