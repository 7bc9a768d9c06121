//! How coarsely a picture is quantised, read from the header of its first slice: a camera that holds its bit rate
//! answers more change not by more bytes but by coarser ones.

use std::sync::Arc;

use domain::{AccessUnit, VideoCodec, VideoParameters};
use h264_reader::Context;
use h264_reader::avcc::AvcDecoderConfigurationRecord;
use h264_reader::nal::slice::SliceHeader;
use h264_reader::nal::{Nal, RefNal, UnitType};

/// Bytes of a slice in which its header surely ends.
const HEADER: usize = 96;
/// NAL units that are looked at in search of the first slice.
const MOST_UNITS: usize = 16;
/// The quantiser that counts as neither coarse nor fine, ISO/IEC 14496-10 §7.4.2.2.
const MIDDLE: f32 = 26.0;
/// The step size doubles with each so many steps of the quantiser, ISO/IEC 14496-10 §8.5.9.
const DOUBLES_AFTER: f32 = 6.0;

/// Reads the quantiser of one stream's pictures.
#[derive(Debug, Default)]
pub(super) struct Quantiser {
    parameters: Option<Arc<VideoParameters>>,
    context: Option<Context>,
}

impl Quantiser {
    /// The size of the quantiser's steps, 1 for a middle one; also 1 where it cannot be read (H.265).
    pub(super) fn step(&mut self, unit: &AccessUnit) -> f32 {
        self.quantiser(unit).map_or(1.0, |quantiser| ((quantiser - MIDDLE) / DOUBLES_AFTER).exp2())
    }

    fn quantiser(&mut self, unit: &AccessUnit) -> Option<f32> {
        if !self.parameters.as_ref().is_some_and(|known| Arc::ptr_eq(known, &unit.parameters)) {
            self.context = context(&unit.parameters);
            self.parameters = Some(Arc::clone(&unit.parameters));
        }
        let context = self.context.as_ref()?;
        let mut rest = &unit.data[..];
        for _ in 0..MOST_UNITS {
            let (length, after) = rest.split_first_chunk::<4>()?;
            let length = u32::from_be_bytes(*length) as usize;
            let bytes = after.get(..length.min(HEADER).min(after.len()))?;
            rest = after.get(length..).unwrap_or_default();
            if bytes.is_empty() {
                continue;
            }
            let nal = RefNal::new(bytes, &[], true);
            let Ok(header) = nal.header() else { continue };
            let kind = header.nal_unit_type();
            if matches!(
                kind,
                UnitType::SliceLayerWithoutPartitioningIdr | UnitType::SliceLayerWithoutPartitioningNonIdr
            ) {
                let (slice, _, picture) =
                    SliceHeader::from_bits(context, &mut nal.rbsp_bits(), header).ok()?;
                let quantiser = 26 + picture.pic_init_qp_minus26 + slice.slice_qp_delta;
                return Some(quantiser.clamp(0, 51) as f32);
            }
        }
        None
    }
}

/// What it takes to read the headers of slices.
fn context(parameters: &VideoParameters) -> Option<Context> {
    if parameters.codec != VideoCodec::H264 {
        return None;
    }
    let record = AvcDecoderConfigurationRecord::try_from(&parameters.decoder_configuration[..]).ok()?;
    record.create_context().ok()
}
