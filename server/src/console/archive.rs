//! Packs a project's files into one zip archive, in memory. Knows nothing of what the files are.

use std::io::{Cursor, Write};

use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

/// Files below one folder `root`.
///
/// - `files`: relative path with `/` and text; the paths are our own, never a user's.
pub(super) fn zip(root: &str, files: &[(String, String)]) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        let mode = if path.ends_with(".sh") { 0o755 } else { 0o644 };
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).unix_permissions(mode);
        writer.start_file(format!("{root}/{path}"), options)?;
        writer.write_all(text.as_bytes())?;
    }
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn an_archive_gives_back_each_file_below_its_folder() {
        let files = [("README.md".to_owned(), "读我".to_owned()), ("src/A.java".to_owned(), "class A {}".to_owned())];
        let bytes = zip("sample", &files).expect("writing to memory");
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip archive");
        assert_eq!(archive.len(), 2);
        for (path, text) in &files {
            let mut found = String::new();
            archive.by_name(&format!("sample/{path}")).expect("the file").read_to_string(&mut found).expect("text");
            assert_eq!(&found, text);
        }
    }
}
