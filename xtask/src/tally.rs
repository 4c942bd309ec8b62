//! Counts tests by what their runners print, for the closing line `N passed, N failed`.

use std::ops::AddAssign;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Tally {
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0 };
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1 };

    /// Adds the closing line of one test binary: `test result: ok. 3 passed; 0 failed; …`.
    pub(crate) fn see_cargo(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        for part in counts.split("; ") {
            match part.split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }

    /// Adds one of Playwright's closing lines: `  7 passed (12.0s)`, `  1 failed`, `  1 flaky`, `  2 did not run`.
    pub(crate) fn see_playwright(&mut self, line: &str) {
        let Some((number, word)) = line.strip_prefix("  ").and_then(|line| line.split_once(' ')) else { return };
        let Ok(number) = number.parse::<u64>() else { return };
        match word {
            "failed" | "flaky" | "interrupted" | "did not run" => self.failed += number,
            word if word == "passed" || word.starts_with("passed (") => self.passed += number,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_cargo_test_add_up() {
        let mut tally = Tally::default();
        tally
            .see_cargo("test result: ok. 3 passed; 0 failed; 8 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        tally.see_cargo(
            "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.2s",
        );
        tally.see_cargo("test frame::tests::a_line_that_says_5 passed ... ok");
        assert_eq!(tally, Tally { passed: 13, failed: 2 });
    }

    #[test]
    fn closing_lines_of_playwright_add_up() {
        let mut tally = Tally::default();
        for line in [
            "  1 failed",
            "    [chromium] › a.spec.ts:3:1 › opens",
            "  2 did not run",
            "  1 skipped",
            "  7 passed (12.0s)",
            "Running 11 tests using 1 worker",
        ] {
            tally.see_playwright(line);
        }
        assert_eq!(tally, Tally { passed: 7, failed: 3 });
    }
}
