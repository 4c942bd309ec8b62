//! Plain file work for the site: styles in their order, copied and compared trees.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::command::Failure;

/// `tokens.css` declares what `console.css` uses; the rest follows by name.
const FIRST: [&str; 2] = ["tokens.css", "console.css"];

/// All style sheets of the folder in one text. A missing folder is an empty one.
pub(super) fn styles(folder: &Path) -> Result<String, Failure> {
    let mut sheets: Vec<PathBuf> =
        list(folder)?.into_iter().filter(|path| path.extension().is_some_and(|e| e == "css")).collect();
    sheets.sort_by_key(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len()), name)
    });
    let mut all = String::new();
    for sheet in sheets {
        all.push_str(&fs::read_to_string(&sheet).map_err(Failure::at(&sheet))?);
        all.push('\n');
    }
    Ok(all)
}

pub(crate) fn copy_tree(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to).map_err(Failure::at(to))?;
    for entry in list(from)? {
        let target = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() {
            copy_tree(&entry, &target)?;
        } else {
            fs::copy(&entry, &target).map_err(Failure::at(&entry))?;
        }
    }
    Ok(())
}

pub(crate) fn remove_tree(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::at(folder)(error)),
        _ => Ok(()),
    }
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(Failure::at(path))
}

/// Whether two folders hold the same files with the same bytes.
pub(super) fn same_tree(left: &Path, right: &Path) -> Result<bool, Failure> {
    Ok(contents(left)? == contents(right)?)
}

/// Every file below a folder, by its path inside it.
pub(super) fn contents(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>, Failure> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder_now) = open.pop() {
        for entry in list(&folder_now)? {
            if entry.is_dir() {
                open.push(entry);
                continue;
            }
            let bytes = fs::read(&entry).map_err(Failure::at(&entry))?;
            let inside = entry.strip_prefix(folder).unwrap_or(&entry).to_path_buf();
            found.insert(inside, bytes);
        }
    }
    Ok(found)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(Failure::at(folder))?,
    };
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(Failure::at(folder))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_begin_with_the_tokens_and_then_the_components() {
        let folder = std::env::temp_dir().join(format!("xtask-styles-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder");
        for (name, text) in
            [("a.css", "a"), ("console.css", "c"), ("tokens.css", "t"), ("notes.md", "n"), ("z.css", "z")]
        {
            fs::write(folder.join(name), text).expect("a file in it");
        }
        let all = styles(&folder);
        remove_tree(&folder).expect("the temporary folder goes");
        assert_eq!(all.expect("readable styles"), "t\nc\na\nz\n");
    }
}
