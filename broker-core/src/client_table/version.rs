//! Client version numbers as people know them.

/// `4.9.8` for a release; the number itself where it is of no known release (some clients count
/// otherwise).
pub fn version_text(version: i32) -> String {
    // One snapshot and one release number for each of ten patches of each minor: releases are odd.
    let release = |first: i32, major: i32| {
        let steps = (version - first) / 2;
        format!("{major}.{}.{}", steps / 10, steps % 10)
    };
    match version {
        213..=411 if version % 2 == 1 => release(213, 4),
        413..=611 if version % 2 == 1 => release(413, 5),
        _ => version.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::version_text;

    #[test]
    fn releases_are_named_and_other_numbers_shown_as_they_came() {
        let known = [
            (213, "4.0.0"),
            (315, "4.5.1"),
            (333, "4.6.0"),
            (409, "4.9.8"),
            (413, "5.0.0"),
            (475, "5.3.1"),
            (479, "5.3.3"),
        ];
        for (version, text) in known {
            assert_eq!(version_text(version), text);
        }
        for version in [63, 280, 300, -1, i32::MAX, i32::MIN] {
            assert_eq!(version_text(version), version.to_string());
        }
    }
}
