//! Bytes on the heap, counted for each thread: engines run on the thread of their
//! test, so other tests do not disturb.

#![expect(
    unsafe_code,
    reason = "an allocator that counts has to be an allocator; it only adds up and passes on"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static LIVE: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
}

#[global_allocator]
static HEAP: Counting = Counting;

fn count(bytes: i64) {
    // A thread that is ending has no counters any more.
    let _ = LIVE.try_with(|live| {
        live.set(live.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(live.get())));
    });
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(at, layout) }
    }
}

/// Bytes that this thread has taken and not given back.
pub(crate) fn live() -> i64 {
    LIVE.with(Cell::get)
}

/// The most that `work` had taken at once, beyond what was there before.
pub(crate) fn peak_of<T>(work: impl FnOnce() -> T) -> (T, i64) {
    let before = live();
    PEAK.with(|peak| peak.set(before));
    let result = work();
    (result, PEAK.with(Cell::get) - before)
}

#[test]
fn what_is_taken_is_counted_and_given_back() {
    let before = live();
    let (kept, peak) = peak_of(|| {
        drop(vec![0_u8; 1 << 20]);
        vec![0_u8; 1_000]
    });
    assert!((1 << 20..(1 << 20) + 2_000).contains(&peak), "{peak}");
    assert_eq!(live() - before, 1_000);
    drop(kept);
    assert_eq!(live(), before);
}
