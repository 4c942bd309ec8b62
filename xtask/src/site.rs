//! `cargo xtask site`: the browser half of the console, in `target/site`, from where the server embeds it.
//!
//! `pkg/app-<hash>.js`, `pkg/app-<hash>_bg.wasm`, `pkg/app-<hash>.css`, everything of `public/` at the top, and
//! `bundle.txt` with the name `app-<hash>`. A release site has a `.br` and a `.gz` beside each file worth packing.
//! The hash covers the wasm and the styles, so the files under `pkg/` may be cached for ever.

mod compress;
pub(crate) mod files;

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::command::{self, Failure};
use crate::workspace::Workspace;

pub(crate) const TRIPLE: &str = "wasm32-unknown-unknown";

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Release,
    Dev,
}

impl Kind {
    fn profile(self) -> &'static str {
        match self {
            Self::Release => "wasm-release",
            Self::Dev => "wasm-dev",
        }
    }
}

pub(crate) fn build(workspace: &Workspace, kind: Kind) -> Result<(), Failure> {
    add_wasm_target()?;
    // The crate type is given here and not in app's manifest, so that the server's build links no useless library.
    command::run(workspace.cargo().args(["rustc", "--package", "app", "--lib", "--crate-type", "cdylib"]).args([
        "--features",
        "hydrate",
        "--target",
        TRIPLE,
        "--profile",
        kind.profile(),
    ]))?;
    let wasm_file = workspace.target(TRIPLE).join(kind.profile()).join("app.wasm");
    let wasm = fs::read(&wasm_file).map_err(Failure::at(&wasm_file))?;
    let css = files::styles(&workspace.path("style"))?;
    let name = format!("app-{}", hash(&[&wasm, css.as_bytes()]));

    // Built beside the old one and then put in its place: a server that is being compiled meanwhile sees one or the other.
    let site = workspace.target("site");
    let fresh = workspace.target("site.new");
    files::remove_tree(&fresh)?;
    let pkg = fresh.join("pkg");
    fs::create_dir_all(&pkg).map_err(Failure::at(&pkg))?;
    bind(wasm, &name, &pkg, kind)?;
    files::write(&pkg.join(format!("{name}.css")), css.as_bytes())?;
    files::copy_tree(&workspace.path("public"), &fresh)?;
    files::write(&fresh.join("bundle.txt"), name.as_bytes())?;
    if kind == Kind::Release {
        compress::tree(&fresh)?;
    }
    if files::same_tree(&fresh, &site)? {
        // Untouched files keep the server from being compiled again.
        return files::remove_tree(&fresh);
    }
    files::remove_tree(&site)?;
    fs::rename(&fresh, &site).map_err(Failure::at(&site))
}

/// With rustup's automatic installation switched off, as on many CI machines, `rust-toolchain.toml` installs nothing.
fn add_wasm_target() -> Result<(), Failure> {
    let output = std::process::Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TRIPLE])
        .output()
        .map_err(Failure::io("rustc"))?;
    let libraries = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && Path::new(&libraries).is_dir() {
        return Ok(());
    }
    command::run(std::process::Command::new("rustup").args(["target", "add", TRIPLE]))
        .map_err(|_| Failure::Missing(format!("the wasm target is missing: rustup target add {TRIPLE}")))
}

fn bind(wasm: Vec<u8>, name: &str, pkg: &Path, kind: Kind) -> Result<(), Failure> {
    let release = kind == Kind::Release;
    let mut bindgen = Bindgen::new();
    bindgen.input_bytes(name, wasm).out_name(name).typescript(false);
    bindgen.remove_name_section(release).remove_producers_section(true).debug(!release);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(pkg))
        .map_err(|error| Failure::Failed(format!("wasm-bindgen: {error:#}")))
}

fn hash(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
