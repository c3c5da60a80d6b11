//! Kernels that predict must be a crate of their own one day.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_under(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[test]
fn predict_imports_nothing_of_the_crate_but_errors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/predict");
    let files = files_under(&folder);
    assert!(files.len() >= 5);
    let mut n_imports = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (place, name) in text.match_indices("crate::") {
            let imported = &text[place + name.len()..];
            assert!(
                imported.starts_with("Error") || imported.starts_with("predict::"),
                "{} imports crate::{}",
                file.display(),
                imported.lines().next().unwrap()
            );
            n_imports += 1;
        }
        // Three steps up from predict/trees/check.rs leave the module.
        assert!(!text.contains("super::super::super"), "{}", file.display());
        let depth = file.strip_prefix(&folder).unwrap().components().count();
        assert!(
            depth > 1 || !text.contains("super::super"),
            "{}",
            file.display()
        );
    }
    assert!(n_imports > 0);
}
