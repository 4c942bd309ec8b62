//! What is measured, with which options of the load generator, and the goal as a share of the ceiling.

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Better {
    Higher,
    Lower,
}

pub(super) struct Cell {
    pub(super) name: &'static str,
    pub(super) options: &'static [&'static str],
    pub(super) topic: &'static str,
    /// Where the figure stands in the generator's line.
    pub(super) figure: &'static [&'static str],
    pub(super) unit: &'static str,
    pub(super) better: Better,
    pub(super) goal: Option<f64>,
}

/// A topic with asynchronous flush, and one with the default: acknowledged when an fdatasync covers the message.
pub(super) const FAST: &str = "BenchAsync";
pub(super) const DURABLE: &str = "BenchSync";

const fn rate(name: &'static str, options: &'static [&'static str], topic: &'static str, goal: Option<f64>) -> Cell {
    Cell { name, options, topic, figure: &["msgs_per_s"], unit: "msg/s", better: Better::Higher, goal }
}

/// Sends first: what they store is what the pulls read.
pub(super) const CELLS: [Cell; 11] = [
    rate("async sends, 16 connections, binary", &["produce", "--conns", "16", "--binary"], FAST, Some(0.80)),
    rate("async sends, 16 connections, JSON", &["produce", "--conns", "16", "--json"], FAST, Some(0.80)),
    rate("async sends, 64 connections, binary", &["produce", "--conns", "64", "--binary"], FAST, Some(0.80)),
    rate("async sends, 64 connections, JSON", &["produce", "--conns", "64", "--json"], FAST, Some(0.80)),
    rate("one connection, 64 in flight, binary", &["produce", "--window", "64", "--binary"], FAST, Some(0.50)),
    rate("one connection, 64 in flight, JSON", &["produce", "--window", "64", "--json"], FAST, None),
    rate("pull of 32, binary", &["consume", "--again", "--pull-batch", "32", "--binary"], FAST, Some(0.75)),
    Cell {
        name: "end to end at 1,000 a second, p99",
        options: &["e2e", "--rate", "1000", "--conns", "4", "--binary"],
        topic: FAST,
        figure: &["e2e_latency_us", "p99"],
        unit: "us   ",
        better: Better::Lower,
        goal: Some(2.0),
    },
    rate("durable sends, 1 connection", &["produce", "--conns", "1", "--binary"], DURABLE, None),
    rate("durable sends, 16 connections", &["produce", "--conns", "16", "--binary"], DURABLE, None),
    rate("durable sends, 64 connections", &["produce", "--conns", "64", "--binary"], DURABLE, None),
];
