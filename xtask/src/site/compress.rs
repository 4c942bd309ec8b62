//! A `.br` and a `.gz` beside every text and wasm file, packed once here instead of at each request.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::files;
use crate::command::Failure;

const PACKED: [&str; 9] = ["css", "html", "ico", "js", "json", "svg", "txt", "wasm", "webmanifest"];

/// `bundle.txt` is read by the server and never sent.
const UNSENT: &str = "bundle.txt";

pub(super) fn tree(folder: &Path) -> Result<(), Failure> {
    for (inside, bytes) in files::contents(folder)? {
        let kind = inside.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        if !PACKED.contains(&kind) || inside == Path::new(UNSENT) {
            continue;
        }
        for (ending, packed) in [("br", brotli(&bytes)?), ("gz", gzip(&bytes)?)] {
            // A tiny file may grow; the plain one is then the better answer.
            if packed.len() < bytes.len() {
                files::write(&folder.join(format!("{}.{ending}", inside.display())), &packed)?;
            }
        }
    }
    Ok(())
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, size_hint: bytes.len(), ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &parameters).map_err(Failure::io("brotli"))?;
    Ok(packed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).map_err(Failure::io("gzip"))?;
    encoder.finish().map_err(Failure::io("gzip"))
}
