//! How numbers, sizes, spans and reasons for unknown figures are written.
use super::{Lang, texts};
use crate::api::Unknown;

texts! {
    store_unreadable => "存储读取失败", "the store could not be read";
    catalogue_unreadable => "元数据读取失败", "the metadata could not be read";
    timed_out => "读取超时", "read timed out";
    just_started => "服务刚启动，等待客户端上报", "just started, waiting for clients";
    never_subscribed => "尚未订阅 Topic", "no subscription yet";
    not_permitted => "没有权限", "not permitted";
    reconnecting => "正在重新连接", "reconnecting";
    refresh_failed => "刷新失败", "refresh failed";
    session_ended => "会话已结束", "session ended";
    as_of(at, why) => "截至 {at} · {why}", "As of {at} · {why}";
}

pub(crate) fn why(lang: Lang, unknown: Unknown) -> &'static str {
    match unknown {
        Unknown::StoreUnreadable => store_unreadable(lang),
        Unknown::CatalogueUnreadable => catalogue_unreadable(lang),
        Unknown::TimedOut => timed_out(lang),
        Unknown::JustStarted => just_started(lang),
        Unknown::NeverSubscribed => never_subscribed(lang),
        Unknown::NotPermitted => not_permitted(lang),
    }
}

/// `1204881` as `1,204,881`: the same in both languages.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size in the largest unit that leaves it at 1 or more: `54 B`, `1.5 KB`, `4 MB`, `18.2 GB`.
/// Units are of 1,024.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["KB", "MB", "GB", "TB", "PB"];
    if n < 1024 {
        return format!("{n} B");
    }
    let mut tenths = u128::from(n) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or("PB");
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        rest => format!("{}.{rest} {name}", tenths / 10),
    }
}

/// A size beside its limit, each as [`bytes`], but to the byte where the two would look the same without being it.
pub(crate) fn bytes_and_limit(n: u64, limit: u64) -> (String, String) {
    if n != limit && bytes(n) == bytes(limit) {
        return (format!("{} B", grouped(n)), format!("{} B", grouped(limit)));
    }
    (bytes(n), bytes(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_204_881, "1,204,881")] {
            assert_eq!(grouped(n), text);
        }
    }

    #[test]
    fn a_size_just_over_its_limit_is_told_from_it() {
        let limit = 4 * 1024 * 1024;
        let both = |n| {
            let (size, limit) = bytes_and_limit(n, limit);
            format!("{size} / {limit}")
        };
        assert_eq!(both(limit + 1), "4,194,305 B / 4,194,304 B");
        assert_eq!(both(limit), "4 MB / 4 MB");
        assert_eq!(both(limit - 1), "3.9 MB / 4 MB");
        assert_eq!(both(5 * 1024 * 1024), "5 MB / 4 MB");
    }

    #[test]
    fn sizes_take_the_largest_unit_and_one_decimal() {
        let gb = 1024 * 1024 * 1024;
        for (n, text) in [
            (0, "0 B"),
            (54, "54 B"),
            (1024, "1 KB"),
            (1536, "1.5 KB"),
            (4 * 1024 * 1024, "4 MB"),
            (182 * gb / 10, "18.1 GB"),
            (u64::MAX, "16383.9 PB"),
        ] {
            assert_eq!(bytes(n), text);
        }
    }
}
