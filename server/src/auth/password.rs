//! Which passwords are accepted (R40): length, not one that everybody tries, not the
//! account's own words.

use super::common_passwords::{COMMON, WORDS};

/// Characters.
pub const LENGTH_MIN: usize = 12;
/// Characters.
pub const LENGTH_MAX: usize = 256;

/// The rule that a password breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRule {
    #[error("a password has {LENGTH_MIN} to {LENGTH_MAX} characters, this one has {actual}")]
    Length { actual: usize },
    #[error("this password is among those that are tried first")]
    Common,
    #[error("apart from the name \"{word}\" this password has fewer than 8 characters")]
    ContextWord { word: String },
    #[error("this password repeats a few characters or follows the keyboard")]
    Pattern,
}

/// - `context`: account and user name.
pub fn check(password: &str, context: &[&str]) -> Result<(), PasswordRule> {
    let actual = password.chars().count();
    if !(LENGTH_MIN..=LENGTH_MAX).contains(&actual) {
        return Err(PasswordRule::Length { actual });
    }
    let folded = fold(password);
    if COMMON.iter().any(|common| fold(common) == folded) || only_words(&folded) {
        return Err(PasswordRule::Common);
    }
    if is_pattern(&password.to_lowercase()) {
        return Err(PasswordRule::Pattern);
    }
    let lower = password.to_lowercase();
    for word in context.iter().copied().chain(["ternmq", "rocketmq"]) {
        let word = word.to_lowercase();
        if word.chars().count() >= 3 && lower.contains(&word) && lower.replace(&word, "").chars().count() < 8 {
            return Err(PasswordRule::ContextWord { word });
        }
    }
    Ok(())
}

/// Lower case, with the usual substitutes for letters undone.
fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        })
        .collect()
}

/// Nothing but one or more common words, with less than six characters of something else.
fn only_words(folded: &str) -> bool {
    let mut rest = folded.to_owned();
    let mut found = false;
    for word in WORDS {
        let word = fold(word);
        if rest.contains(&word) {
            rest = rest.replace(&word, "");
            found = true;
        }
    }
    found && rest.chars().count() < 6
}

/// Fewer than five different characters, a short piece again and again, or steps along the
/// alphabet, the digits or a row of keys.
fn is_pattern(lower: &str) -> bool {
    let characters: Vec<char> = lower.chars().collect();
    let mut distinct = characters.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 5 {
        return true;
    }
    let repeats = |piece: usize| characters.iter().zip(characters.iter().skip(piece)).all(|(a, b)| a == b);
    if (1..=characters.len() / 2).any(repeats) {
        return true;
    }
    const ROWS: [&str; 5] = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let along = |a: char, b: char| {
        ROWS.iter().any(|row| {
            let pair: String = [a, b].iter().collect();
            let back: String = [b, a].iter().collect();
            row.contains(&pair) || row.contains(&back)
        })
    };
    let steps = characters.iter().zip(characters.iter().skip(1)).filter(|(a, b)| along(**a, **b)).count();
    // Three in four neighbours: a sentence stays far below.
    steps.saturating_mul(4) >= characters.len().saturating_sub(1).saturating_mul(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_their_rules() {
        let ok = Ok(());
        for (password, expected) in [
            ("correct horse battery", ok.clone()),
            ("密码可以是任何字符的十二个", ok.clone()),
            ("Tr4in-leaves-at-9", ok.clone()),
            ("short", Err(PasswordRule::Length { actual: 5 })),
            ("Password1234", Err(PasswordRule::Common)),
            ("p@ssw0rd!!!!", Err(PasswordRule::Common)),
            ("iloveyouiloveyou", Err(PasswordRule::Common)),
            ("aaaaaaaaaaaaaa", Err(PasswordRule::Pattern)),
            ("xk2pqxk2pqxk2pq", Err(PasswordRule::Pattern)),
            ("abcdefghijklmn", Err(PasswordRule::Pattern)),
            ("asdfghjkl;zxcvbnm", Err(PasswordRule::Common)),
            ("mnbvcxlkjhgfd", Err(PasswordRule::Pattern)),
            ("acme-corp-2026", Err(PasswordRule::ContextWord { word: "acme-corp".to_owned() })),
            ("ternmq-abc12", Err(PasswordRule::ContextWord { word: "ternmq".to_owned() })),
        ] {
            assert_eq!(check(password, &["acme-corp", "alice"]), expected, "{password}");
        }
        assert_eq!(check(&"ü1x?4".repeat(60), &[]), Err(PasswordRule::Length { actual: 300 }));
    }
}
