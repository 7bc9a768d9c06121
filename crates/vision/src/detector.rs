//! From a decoded picture to what is in it: scale, normalise, run the model, read, suppress.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use domain::{Detection, Timestamp};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame;
use ffmpeg_next::software::scaling::Flags;
use ort::session::Session;
use ort::value::{TensorElementType, TensorRef, ValueType};
use sha2::{Digest, Sha256};

use crate::layout::{Reader, Tensor};
use crate::letterbox::Letterbox;
use crate::manifest::{Channels, Manifest};
use crate::motion::{Grid, Motion};
use crate::nms;
use crate::runtime::Runtime;
use crate::scale::Scalers;
use crate::tensor::InputTensor;

/// A model with its manifest, found and checked on disk.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) manifest: Manifest,
    pub(crate) file: PathBuf,
}

impl Model {
    /// Reads the manifest, finds the file and checks its hash where one is given.
    pub(crate) fn find(manifest: &Path, models: Option<&Path>) -> anyhow::Result<Self> {
        let found = Manifest::load(manifest)?;
        let file = found.find_file(manifest, models)?;
        if let Some(wanted) = &found.sha256 {
            let bytes = std::fs::read(&file)
                .with_context(|| format!("cannot read the model file {}", file.display()))?;
            let is = format!("{:x}", Bytes::copy_from_slice(&Sha256::digest(&bytes)));
            ensure!(
                is.eq_ignore_ascii_case(wanted),
                "the model file {} has sha256 {is}, and {} wants {wanted}; remove the file and run `cargo xtask setup`, or correct `sha256`",
                file.display(),
                manifest.display()
            );
        }
        Ok(Self { manifest: found, file })
    }
}

/// One session with all it takes to search pictures, one after another.
pub(crate) struct Detector {
    manifest: Manifest,
    session: Session,
    reader: Reader,
    scalers: Scalers,
    tensor: InputTensor,
    grid: Grid,
}

impl Detector {
    /// Opens a session and checks by a dry run that the model is what the manifest says.
    pub(crate) fn open(runtime: &Runtime, model: &Model) -> anyhow::Result<Self> {
        let manifest = model.manifest.clone();
        let session = runtime.open(&model.file)?;
        check_input(&session, &manifest).with_context(|| mismatch(model))?;
        let format = match manifest.input.channels {
            Channels::Bgr => Pixel::BGR24,
            Channels::Rgb => Pixel::RGB24,
        };
        let mut detector = Self {
            reader: Reader::new(&manifest).map_err(anyhow::Error::msg)?,
            scalers: Scalers::new(format, Flags::BILINEAR),
            tensor: InputTensor::new(&manifest.input),
            grid: Grid::default(),
            manifest,
            session,
        };
        let whole = Letterbox {
            x: 0,
            y: 0,
            width: detector.manifest.input.width,
            height: detector.manifest.input.height,
        };
        detector.run(whole).map_err(anyhow::Error::msg).with_context(|| mismatch(model))?;
        Ok(detector)
    }

    /// What is in the picture, surest first, and how much of it changed.
    pub(crate) fn look(
        &mut self,
        picture: &frame::Video,
        time: Timestamp,
        motion: &mut Motion,
    ) -> Result<(Vec<Detection>, f32), String> {
        let place = self.prepare(picture)?;
        let share = motion.update(time, &self.grid);
        Ok((self.run(place)?, share))
    }

    /// Scales the picture into the tensor and the grid.
    fn prepare(&mut self, picture: &frame::Video) -> Result<Letterbox, String> {
        let input = &self.manifest.input;
        let place =
            Letterbox::new(input.letterbox, (picture.width(), picture.height()), (input.width, input.height));
        let scaled = self.scalers.scale(picture, place.width, place.height)?;
        let (bytes, stride) = (scaled.data(0), scaled.stride(0));
        self.tensor.fill(bytes, stride, place);
        self.grid.fill(bytes, stride, place.width as usize, place.height as usize);
        Ok(place)
    }

    /// Runs the session alone on the tensor as it is, without reading what comes out: for the bench.
    pub(crate) fn run_bare(&mut self, runs: u32) -> anyhow::Result<()> {
        for _ in 0..runs {
            let input = TensorRef::from_array_view(self.tensor.view())?;
            self.session.run(ort::inputs![self.manifest.input.name.as_str() => input])?;
        }
        Ok(())
    }

    /// Runs the model on the tensor.
    pub(crate) fn run(&mut self, place: Letterbox) -> Result<Vec<Detection>, String> {
        let input = TensorRef::from_array_view(self.tensor.view()).map_err(|error| error.to_string())?;
        let outputs = self
            .session
            .run(ort::inputs![self.manifest.input.name.as_str() => input])
            .map_err(|error| format!("the model does not run: {error}"))?;
        let mut tensors = Vec::with_capacity(self.manifest.output.names.len());
        for name in &self.manifest.output.names {
            let output = outputs.get(name).ok_or_else(|| {
                let names: Vec<_> = outputs.keys().collect();
                format!("`output.names` holds {name:?}, and the model has {}", names.join(", "))
            })?;
            let (shape, data) = output
                .try_extract_tensor::<f32>()
                .map_err(|error| format!("the output {name} cannot be read: {error}"))?;
            tensors.push(Tensor { shape, data });
        }
        let found = self
            .reader
            .read(&tensors)
            .map_err(|detail| format!("the outputs do not fit `layout` and `[output]`: {detail}"))?;
        let found = found.into_iter().map(|one| Detection {
            class: one.class,
            score: one.score.clamp(0.0, 1.0),
            bounds: place.to_picture(one.edges),
        });
        let found = found.filter(|one| one.bounds.area() > 0.0).collect();
        let thresholds = &self.manifest.thresholds;
        Ok(nms::suppress(found, thresholds.nms_iou, thresholds.max_detections))
    }
}

fn mismatch(model: &Model) -> String {
    format!("the model file {} is not what the manifest {} says", model.file.display(), model.manifest.name)
}

/// That the model has the input of the manifest.
fn check_input(session: &Session, manifest: &Manifest) -> anyhow::Result<()> {
    let wanted = &manifest.input;
    let Some(input) = session.inputs().iter().find(|input| input.name() == wanted.name) else {
        let names: Vec<_> = session.inputs().iter().map(ort::value::Outlet::name).collect();
        bail!("`input.name` is {:?}, and the model has {}", wanted.name, names.join(", "));
    };
    let ValueType::Tensor { ty, shape, .. } = input.dtype() else { bail!("the input is no tensor") };
    ensure!(*ty == TensorElementType::Float32, "the input wants {ty:?}, and only Float32 is supported");
    let expected = [1, 3, i64::from(wanted.height), i64::from(wanted.width)];
    // A dimension of -1 is open.
    let fits = shape.len() == 4 && shape.iter().zip(expected).all(|(is, wanted)| *is == -1 || *is == wanted);
    ensure!(
        fits,
        "the input has the shape {shape:?}, and `input.width` and `input.height` make it {expected:?}"
    );
    Ok(())
}
