//! The binary with the feature `mutants`: a bridge that can be told to break one of its promises.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

/// The binary that `HANDOVER_MUTANTS_BIN` names; else it is built here, beside the ordinary one. Cargo lets one test
/// build it while the others wait.
pub fn binary() -> PathBuf {
    if let Some(built) = env::var_os("HANDOVER_MUTANTS_BIN") {
        return PathBuf::from(built);
    }
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = package.join("target/mutants");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    cargo
        .args([
            "build",
            "--locked",
            "--features",
            "mutants",
            "--bin",
            "handover",
            "--target-dir",
        ])
        .arg(&target);
    let built = cargo
        .current_dir(package)
        .status()
        .expect("cargo can be run");
    assert!(built.success(), "the mutants' binary does not build");
    target.join("debug/handover")
}
