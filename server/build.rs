//! Tells cargo about folders that macros read at compile time, which it does not notice itself.

fn main() {
    println!("cargo::rerun-if-changed=../migrations");
    println!("cargo::rerun-if-changed=../target/site");
    // The console's files are embedded; a fresh clone has none yet and must compile all the same.
    let site = std::path::Path::new("../target/site");
    if let Err(error) = std::fs::create_dir_all(site) {
        println!("cargo::warning=the folder {} can't be made: {error}", site.display());
    }
}
