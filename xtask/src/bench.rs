//! `cargo xtask bench`: the figures of `docs/performance.md`, measured beside the ceiling of the load generator.
//!
//! Rates on a shared machine mean little by themselves, so each is measured in turn against this server and against a
//! broker without a store (`mqload null`), in rounds, and the medians are compared. The load generator is a program of
//! its own and is named on the command line.

mod cells;
mod disk;
mod house;
mod load;
mod memory;

use std::path::Path;
use std::time::{Duration, Instant};

use crate::command::{self, Failure, say};
use crate::site;
use crate::workspace::Workspace;
use cells::{Better, CELLS, Cell};
use house::House;
use load::Load;
use memory::PageCache;

/// What the memory goal is about: what remains when the work of the start is over.
const REST: Duration = Duration::from_secs(60);

pub(crate) fn run(workspace: &Workspace, mqload: &Path, rounds: usize, seconds: u64) -> Result<(), Failure> {
    site::build(workspace, site::Kind::Release)?;
    command::run(workspace.cargo().args(["build", "--release", "--workspace"]))?;
    let folder = workspace.target("bench");
    site::files::remove_tree(&folder)?;
    let mut house = House::new(folder.clone(), workspace.target("release/ternmq"))?;
    start_times(&mut house, "empty")?;
    let _page_cache = PageCache::fill(&folder)?;

    let started = Instant::now();
    house.start()?;
    let load = Load::new(mqload, seconds);
    let null = load.null()?;
    let mut ratios: Vec<Vec<(f64, f64)>> = vec![Vec::new(); CELLS.len()];
    let mut syncs = Vec::new();
    for round in 1..=rounds {
        syncs.push(disk::syncs_a_second(&folder, Duration::from_secs(2))?);
        for (cell, measured) in CELLS.iter().zip(&mut ratios) {
            let theirs = load.measure(cell, &null.address(), None)?;
            let ours = load.measure(cell, &house.address(), house.pid())?;
            // What was written must not be written back at the cost of what is measured next.
            disk::settle()?;
            say(&format!("round {round}: {:<44} {ours:>12.0} null {theirs:>12.0}", cell.name));
            measured.push((ours, theirs));
        }
    }
    drop(null);
    say("");
    say(&format!("fdatasync of 1 KiB appends to a filled file: {:.0} a second", median(syncs)));
    let missed = CELLS.iter().zip(ratios).filter(|(cell, measured)| !report(cell, measured)).count();
    std::thread::sleep(REST.saturating_sub(started.elapsed()));
    say(&format!("resident memory after the load: {} KiB anonymous and shared", house.resident_kib()?));
    house.stop();
    start_times(&mut house, "with what the load has stored")?;

    let mut fresh = House::new(folder.join("fresh"), workspace.target("release/ternmq"))?;
    fresh.start()?;
    std::thread::sleep(REST);
    say(&format!(
        "resident memory {} s after a start: {} KiB anonymous and shared",
        REST.as_secs(),
        fresh.resident_kib()?
    ));
    fresh.stop();
    if missed == 0 { Ok(()) } else { Err(Failure::Failed(format!("{missed} goals are not met"))) }
}

/// Prints one line; whether the goal is met.
fn report(cell: &Cell, measured: &[(f64, f64)]) -> bool {
    let median_of = |pick: fn(&(f64, f64)) -> f64| median(measured.iter().map(pick).collect());
    let (ours, theirs) = (median_of(|pair| pair.0), median_of(|pair| pair.1));
    let ratio = median(measured.iter().map(|(ours, theirs)| ours / theirs).collect());
    let met = match (cell.better, cell.goal) {
        (_, None) => true,
        (Better::Higher, Some(goal)) => ratio >= goal,
        (Better::Lower, Some(goal)) => ratio <= goal,
    };
    let goal =
        cell.goal.map_or_else(String::new, |goal| format!("goal {goal:.2} {}", if met { "met" } else { "NOT met" }));
    say(&format!("{:<44} {ours:>12.0} {} null {theirs:>12.0} ratio {ratio:>5.2} {goal}", cell.name, cell.unit));
    met
}

fn start_times(house: &mut House, what: &str) -> Result<(), Failure> {
    let mut times = Vec::new();
    for _ in 0..5 {
        times.push(house.start()?.as_secs_f64() * 1_000.0);
        house.stop();
    }
    say(&format!("from exec to the first 200, {what}: {:.0} ms (median of 5)", median(times)));
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one_whatever_the_order() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!(median(Vec::new()).is_nan());
    }
}
