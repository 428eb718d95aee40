//! Lengths: short files and short functions are read, long ones are skimmed.

use crate::scan;
use crate::sources::File;

const FILE_LINES_TOLD: usize = 400;
const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;

/// A Rust file has at most 600 lines; over 400 it is told and passes.
pub(crate) fn file_length(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    if !file.is_rust() || lines <= FILE_LINES_TOLD {
        return Vec::new();
    }
    if lines <= FILE_LINES_MAX {
        eprintln!("warning: {} has {lines} lines", file.path);
        return Vec::new();
    }
    vec![format!("{lines} lines, over {FILE_LINES_MAX}: split it")]
}

/// A function has at most 70 lines, signature included.
pub(crate) fn function_length(file: &File) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    scan::functions(&scan::code(&file.text))
        .into_iter()
        .filter(|(_, _, lines)| *lines > FUNCTION_LINES_MAX)
        .map(|(name, line, lines)| {
            format!("line {line}: {name} has {lines} lines, over {FUNCTION_LINES_MAX}")
        })
        .collect()
}

#[test]
fn overlong_file_is_found_and_a_long_one_is_only_told() {
    let sample = |lines: usize| File::sample("a.rs", &"\n".repeat(lines));
    assert_eq!(file_length(&sample(FILE_LINES_MAX + 1)).len(), 1);
    assert!(file_length(&sample(FILE_LINES_MAX)).is_empty());
}

#[test]
fn overlong_function_is_found_whatever_its_signature() {
    let sample = |lines: usize| {
        let body = "\n".repeat(lines - 1);
        File::sample(
            "a.rs",
            &format!("fn f<T>(x: [u8; 2]) -> T where T: X {{{body}}}"),
        )
    };
    assert_eq!(function_length(&sample(FUNCTION_LINES_MAX + 1)).len(), 1);
    assert!(function_length(&sample(FUNCTION_LINES_MAX)).is_empty());
}
