//! The `starling` program: everything is in the library, see [`starling::cli`].

/// Zeroes whatever is freed: names and texts pass through many short-lived buffers that
/// nobody wipes by hand, and a locked profile must leave none of them in memory.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> std::process::ExitCode {
    starling::cli::run(std::env::args_os())
}
