//! The `starling` program: everything is in the library, see [`starling::cli`].

fn main() -> std::process::ExitCode {
    starling::cli::run(std::env::args_os())
}
