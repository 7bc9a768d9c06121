//! Counts allocations: what is done for each picture must not ask for memory once it has run a few times, but where
//! something is larger than all before.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use domain::Timestamp;

use crate::canvas::Canvas;
use crate::motion::{Grid, Motion};
use crate::plan::{Extent, Planner};
use crate::planes::{Plane, Planes};
use crate::sampler::Sampler;
use crate::tensor::InputTensor;
use crate::view::Views;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: everything is handed on to the system's allocator as it came.
#[expect(unsafe_code, reason = "an allocator is unsafe to write; this one only counts, in tests")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that ends allocates when its counter is gone already.
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// A street on which somebody walks.
fn street(bytes: &mut [u8], frame: usize) {
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = 90 + ((at % 640 / 13 * 31 + at / 640 / 11 * 17) % 60) as u8;
    }
    for line in bytes.chunks_mut(640).skip(150).take(50) {
        line[100 + 4 * frame..118 + 4 * frame].fill(20);
    }
}

#[test]
fn looking_for_changes_and_drawing_what_is_searched_allocates_nothing_once_warm() {
    let mut luma = vec![0; 640 * 360];
    let colour = vec![128; 320 * 180];
    let (mut grid, mut motion, mut planner, mut sampler) =
        (Grid::default(), Motion::default(), Planner::default(), Sampler::default());
    let mut views = Views::default();
    let mut canvas = Canvas::new(InputTensor::of_colours(416, 256));
    let mut areas = 0;
    let mut counts = Vec::with_capacity(100);
    for frame in 0..100 {
        street(&mut luma, frame);
        let half = Plane::new(&colour, 320, 320, 180);
        let planes = Planes {
            width: 640,
            height: 360,
            luma: Plane::new(&luma, 640, 640, 360),
            blue: half,
            red: half,
            full_range: false,
        };
        let before = ALLOCATIONS.with(Cell::get);
        grid.fill(planes.luma);
        let time = Timestamp::from_micros(200_000 * frame as i64);
        motion.update(time, &mut grid);
        views.see(time, &grid);
        let blobs = grid.blobs().iter().map(|blob| [blob.left, blob.top, blob.right, blob.bottom]);
        if planner.plan(blobs, (640, 360), (416, 256)) == Extent::Areas {
            areas += 1;
            if !canvas.add(0, &planes, planner.areas(), &mut sampler) {
                canvas.clear();
            }
        }
        counts.push(ALLOCATIONS.with(Cell::get) - before);
    }
    assert!(areas > 80, "{areas} pictures with something to search");
    // Only what is larger than all before makes a buffer grow.
    let grown = counts[50..].iter().filter(|count| **count > 0).count();
    assert!(grown <= 2, "{counts:?}");
}
