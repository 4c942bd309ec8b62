//! The manual page of the settings, made from the commented default file.

/// `docs/configuration.md`.
pub fn page() -> String {
    let mut page = String::from("# Configuration\n\n");
    let mut lines = super::DEFAULT_FILE.lines().peekable();
    let mut intro = Vec::new();
    while let Some(line) = lines.next_if(|line| line.starts_with('#')) {
        intro.push(line.trim_start_matches('#').trim());
    }
    page.push_str(&paragraphs(&intro));
    page.push_str("\nThis page is made from the commented default file; `ternmq check-config --print-default` prints that file.\n");
    let mut section = String::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in lines {
        if let Some(text) = line.strip_prefix('#') {
            comment.push(text.trim());
        } else if let Some(name) = line.strip_prefix("[[") {
            page.push_str(&format!("\n## `[[{name}`\n\n{}", paragraphs(&comment)));
            comment.clear();
            section = format!("{}.", name.trim_end_matches("]]"));
        } else if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
            comment.clear();
        } else if let Some((key, default)) = line.split_once(" = ") {
            let name = format!("{section}{key}");
            page.push_str(&format!("\n### `{name}`\n\n{}", paragraphs(&comment)));
            if !comment.is_empty() {
                page.push('\n');
            }
            page.push_str(&format!("Default: `{default}`"));
            if !section.starts_with("region") {
                let variable = name.to_uppercase().replace('.', "_");
                page.push_str(&format!(". Environment variable: `TERNMQ_{variable}`"));
            }
            page.push_str(".\n");
            comment.clear();
        }
    }
    page
}

fn paragraphs(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}
