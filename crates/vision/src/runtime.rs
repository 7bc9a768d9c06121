//! ONNX Runtime: loading the library, choosing the execution provider, opening sessions.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use ort::environment::Environment;
use ort::ep::{self, ExecutionProviderDispatch};
use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::SessionBuilder;

/// What computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    /// The processor, by ONNX Runtime's own kernels.
    Cpu,
    /// Intel processors and graphics, by the OpenVINO plugin that lies beside the runtime.
    Openvino,
    /// NVIDIA graphics.
    Cuda,
    /// NVIDIA graphics by TensorRT; the first start compiles the model and takes minutes.
    Tensorrt,
}

impl Provider {
    const ALL: [Self; 4] = [Self::Cpu, Self::Openvino, Self::Cuda, Self::Tensorrt];

    /// The name in the configuration.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Openvino => "openvino",
            Self::Cuda => "cuda",
            Self::Tensorrt => "tensorrt",
        }
    }
}

impl FromStr for Provider {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|provider| provider.as_str() == text)
            .ok_or_else(|| format!("`provider` is {text:?}, and must be cpu, openvino, cuda or tensorrt"))
    }
}

/// The loaded library.
pub(crate) struct Runtime {
    library: PathBuf,
    environment: Environment,
    provider: Provider,
}

impl Runtime {
    /// Loads `libonnxruntime.so`.
    pub(crate) fn load(library: &Path, provider: Provider) -> anyhow::Result<Self> {
        let library = library.canonicalize().with_context(|| {
            let library = library.display();
            format!("there is no ONNX Runtime library at {library}; run `cargo xtask setup`, or set `runtime` to libonnxruntime.so")
        })?;
        let environment = ort::init_from(&library)
            .with_context(|| format!("{} is no usable ONNX Runtime library", library.display()))?
            .with_name("taimat-vision")
            .with_telemetry(false)
            .with_logger(Arc::new(|level, _, _, _, message| match level {
                LogLevel::Error | LogLevel::Fatal => tracing::error!("ONNX Runtime: {message}"),
                _ => tracing::debug!("ONNX Runtime: {message}"),
            }))
            .build()
            .context("ONNX Runtime does not start")?;
        if provider == Provider::Openvino {
            let plugin = openvino_plugin(&library)?;
            environment
                .register_ep_library("openvino", &plugin)
                .with_context(|| format!("{} is no usable OpenVINO plugin", plugin.display()))?;
        }
        Ok(Self { library, environment, provider })
    }

    /// The library's file, whose name tells its version.
    pub(crate) fn describe(&self) -> String {
        self.library.display().to_string()
    }

    /// Opens a session of one thread on a model file.
    pub(crate) fn open(&self, model: &Path) -> anyhow::Result<Session> {
        let builder = self.builder().context("ONNX Runtime makes no session")?;
        let mut builder = self.with_provider(builder)?;
        builder
            .commit_from_file(model)
            .with_context(|| format!("the model file {} cannot be used", model.display()))
    }

    /// One thread, for pictures are searched side by side: two sessions of one thread do more than one of two.
    fn builder(&self) -> ort::Result<SessionBuilder> {
        Ok(Session::builder(&self.environment)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_intra_op_spinning(false)?
            .with_inter_op_spinning(false)?
            .with_log_level(LogLevel::Error)?)
    }

    fn with_provider(&self, builder: SessionBuilder) -> anyhow::Result<SessionBuilder> {
        let classic = |builder: SessionBuilder, provider: ExecutionProviderDispatch| {
            builder.with_execution_providers([provider.error_on_failure()]).map_err(ort::Error::<()>::from)
        };
        let remedy = || {
            let name = self.provider.as_str();
            format!(
                "the execution provider {name} does not start; install a runtime that has it, or set `provider = \"cpu\"`"
            )
        };
        match self.provider {
            Provider::Cpu => Ok(builder),
            Provider::Cuda => classic(builder, ep::CUDA::default().build()).with_context(remedy),
            Provider::Tensorrt => {
                let builder = classic(builder, ep::TensorRT::default().build()).with_context(remedy)?;
                classic(builder, ep::CUDA::default().build()).with_context(remedy)
            }
            Provider::Openvino => {
                let is_openvino = |device: &ort::device::Device<'_>| {
                    device.ep().is_ok_and(|name| name.to_ascii_lowercase().contains("openvino"))
                };
                let devices: Vec<_> = self.environment.devices().filter(is_openvino).take(1).collect();
                ensure!(
                    !devices.is_empty(),
                    "the OpenVINO plugin finds no device (it serves Intel hardware only); set `provider = \"cpu\"`"
                );
                builder.with_devices(devices, None).map_err(ort::Error::<()>::from).with_context(remedy)
            }
        }
    }
}

/// The OpenVINO plugin beside the runtime.
fn openvino_plugin(library: &Path) -> anyhow::Result<PathBuf> {
    let folder = library.parent().unwrap_or(Path::new("."));
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot look into {}", folder.display()))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if name.contains("openvino_plugin") && name.contains(".so") {
            return Ok(entry.path());
        }
    }
    bail!(
        "there is no libonnxruntime_providers_openvino_plugin.so beside {}; put the plugin's files there, or set `provider = \"cpu\"`",
        library.display()
    )
}
