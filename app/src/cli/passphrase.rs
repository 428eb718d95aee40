//! Reads a passphrase from the first line of a file.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::failure::Failure;

/// More than any passphrase, little enough to read without thinking.
const FILE_BYTES_MAX: u64 = 4_096;

/// The first line of `file`, without its line break.
///
/// The person's fault if it cannot be read, is not UTF-8, or has no first line.
pub(crate) fn read(file: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|opened| opened.take(FILE_BYTES_MAX).read_to_end(&mut bytes))
        .map_err(|error| {
            Failure::usage(format!(
                "the passphrase file {} cannot be read: {error}",
                file.display()
            ))
        })?;
    first_line(&bytes)
        .map_err(|why| Failure::usage(format!("the passphrase file {} {why}", file.display())))
}

fn first_line(bytes: &[u8]) -> Result<String, &'static str> {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or(&[]);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err("has an empty first line: put the passphrase there");
    }
    if u64::try_from(line.len()).is_ok_and(|length| length >= FILE_BYTES_MAX) {
        return Err("has a first line over 4,095 bytes: that is no passphrase");
    }
    core::str::from_utf8(line)
        .map(str::to_owned)
        .map_err(|_| "is not UTF-8 text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_line_counts_and_its_break_does_not() {
        for bytes in [&b"six words"[..], b"six words\n", b"six words\r\nmore\n"] {
            assert_eq!(first_line(bytes).as_deref(), Ok("six words"));
        }
    }

    #[test]
    fn spaces_belong_to_the_passphrase() {
        assert_eq!(first_line(b" a \n").as_deref(), Ok(" a "));
    }

    #[test]
    fn empty_endless_and_binary_files_are_refused() {
        assert!(first_line(b"").is_err());
        assert!(first_line(b"\nsecond").is_err());
        assert!(first_line(&[0xff, 0xfe]).is_err());
        assert!(first_line(&[b'a'; 4_096]).is_err());
    }

    #[test]
    fn missing_file_is_named() {
        let failure = read(Path::new("no/such/file")).unwrap_err();
        assert!(failure.to_string().contains("no/such/file"));
    }
}
