//! The model: found and checked on disk, opened, run on a tensor, its outputs read.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use ndarray::ArrayView4;
use ort::session::Session;
use ort::value::{TensorElementType, TensorRef, ValueType};
use sha2::{Digest, Sha256};

use crate::layout::{Candidate, Reader, Tensor};
use crate::manifest::Manifest;
use crate::runtime::Runtime;
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

/// One session: from a filled tensor to what is in it.
pub(crate) struct Detector {
    manifest: Manifest,
    session: Session,
    reader: Reader,
    found: Vec<Candidate>,
}

impl Detector {
    /// Opens a session and checks by a dry run that the model is what the manifest says.
    pub(crate) fn open(runtime: &Runtime, model: &Model) -> anyhow::Result<Self> {
        let manifest = model.manifest.clone();
        let session = runtime.open(&model.file)?;
        check_input(&session, &manifest).with_context(|| mismatch(model))?;
        let reader = Reader::new(&manifest).map_err(anyhow::Error::msg)?;
        let mut detector = Self { reader, manifest, session, found: Vec::new() };
        let tensor = detector.tensor();
        detector.run(&tensor.view()).map_err(anyhow::Error::msg).with_context(|| mismatch(model))?;
        Ok(detector)
    }

    /// What the model wants and how its answers are taken.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// An input of the model's size.
    pub(crate) fn tensor(&self) -> InputTensor {
        InputTensor::new(&self.manifest.input)
    }

    /// Runs the session alone on a tensor, without reading what comes out: for the bench.
    pub(crate) fn run_bare(&mut self, tensor: &InputTensor, runs: u32) -> anyhow::Result<()> {
        for _ in 0..runs {
            let input = TensorRef::from_array_view(tensor.view())?;
            self.session.run(ort::inputs![self.manifest.input.name.as_str() => input])?;
        }
        Ok(())
    }

    /// Runs the model on a tensor. What it finds overlaps: nothing is suppressed yet.
    pub(crate) fn run(&mut self, input: &ArrayView4<'_, f32>) -> Result<&[Candidate], String> {
        let input = TensorRef::from_array_view(input.reborrow()).map_err(|error| error.to_string())?;
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
        self.found.clear();
        self.reader
            .read(&tensors, &mut self.found)
            .map_err(|detail| format!("the outputs do not fit `layout` and `[output]`: {detail}"))?;
        Ok(&self.found)
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
