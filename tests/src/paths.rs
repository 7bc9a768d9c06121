//! Where the programs and what set-up installed are.

use std::env;
use std::path::{Path, PathBuf};

/// One of our programs: in `TAIMAT_BIN_DIR`, or else in the build folder of whoever asks.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let folder = env::var_os("TAIMAT_BIN_DIR").map(PathBuf::from).or_else(|| {
        // target/debug/deps/test-0123 or target/debug/program
        let own = env::current_exe().ok()?;
        own.ancestors().skip(1).find(|folder| !folder.ends_with("deps")).map(Path::to_path_buf)
    });
    folder.unwrap_or_default().join(name)
}

/// What set-up installed: `TAIMAT_SETUP_DIR`, or else `.setup` of the checkout.
#[must_use]
pub fn setup() -> PathBuf {
    env::var_os("TAIMAT_SETUP_DIR").map_or_else(|| checkout().join(".setup"), PathBuf::from)
}

/// The demo footage.
#[must_use]
pub fn footage() -> PathBuf {
    setup().join("footage")
}

/// The checkout that this was built from.
pub(crate) fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}
