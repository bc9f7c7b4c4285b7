//! The [safetensors] format, which PyTorch reads and writes with `safetensors.torch`: named
//! tensors in a file.
//!
//! [safetensors]: https://huggingface.co/docs/safetensors

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use tensor::{Scalar, Tensor};

use crate::error::{FileError, Problems};
use crate::files::write_whole;

/// Element types that a file can hold.
pub trait Stored: Scalar {
    /// The type's name in the file.
    const DTYPE: Dtype;
    /// Appends the number's bytes, lowest first.
    fn write(self, bytes: &mut Vec<u8>);
}

macro_rules! stored {
    ($($float:ty = $dtype:ident),*) => {$(
        impl Stored for $float {
            const DTYPE: Dtype = Dtype::$dtype;

            fn write(self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_le_bytes());
            }
        }
    )*};
}

stored!(f32 = F32, f64 = F64);

/// The types that can be converted into one another.
pub(crate) const FLOATS: [Dtype; 4] = [Dtype::F16, Dtype::BF16, Dtype::F32, Dtype::F64];

/// A number of one of these types; exactly, for the largest of them holds all.
pub(crate) fn float(dtype: Dtype, bytes: &[u8]) -> f64 {
    match dtype {
        Dtype::F64 => f64::from_le_bytes(number(bytes)),
        Dtype::F32 => f32::from_le_bytes(number(bytes)).into(),
        // The upper half of an f32.
        Dtype::BF16 => f32::from_bits(u32::from(u16::from_le_bytes(number(bytes))) << 16).into(),
        _ => half(u16::from_le_bytes(number(bytes))),
    }
}

/// An f16: a sign, 5 bits of an exponent, 10 bits.
fn half(bits: u16) -> f64 {
    // As the bits of an f64, it is the same number but for the exponent's offset: 15, not 1023.
    let magnitude = f64::from_bits(u64::from(bits & 0x7fff) << 42) * 2_f64.powi(1023 - 15);
    // The largest exponent is that of infinity and NaN.
    let magnitude = match bits & 0x7fff {
        0..0x7c00 => magnitude,
        0x7c00 => f64::INFINITY,
        _ => f64::NAN,
    };
    if bits >> 15 == 0 { magnitude } else { -magnitude }
}

pub(crate) fn number<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("an entry has the bytes that its type and shape take")
}

/// The entries of a file that is being written, and what keeps them from being loaded again.
#[derive(Default)]
pub(crate) struct Writer {
    entries: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
    pub problems: Problems,
}

impl Writer {
    pub fn entry(&mut self, name: String, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) {
        self.entries.push((name, dtype, shape.to_vec(), bytes));
    }

    pub fn tensor<T: Stored>(&mut self, name: String, tensor: &Tensor<T>) {
        if let Some(element) = tensor.data().iter().position(|x| !x.is_finite()) {
            self.problems.number(&name, element, tensor.data()[element].as_f64());
        }
        let mut bytes = Vec::with_capacity(size_of_val(tensor.data()));
        tensor.data().iter().for_each(|x| x.write(&mut bytes));
        self.entry(name, T::DTYPE, &tensor.shape(), bytes);
    }

    pub fn write(mut self, path: &Path) -> Result<(), FileError> {
        let mut names = HashSet::from(["__metadata__"]);
        for (name, ..) in &self.entries {
            if !names.insert(name) {
                self.problems.other(format!("the name {name} is already taken"));
            }
        }
        self.problems.none_or(|problems| FileError::Refused { path: path.into(), problems })?;
        let views = self.entries.iter().map(|(name, dtype, shape, bytes)| {
            let view = TensorView::new(*dtype, shape.clone(), bytes);
            (name, view.expect("an entry has the bytes that its type and shape take"))
        });
        let format = HashMap::from([("format".into(), "pt".into())]);
        safetensors::serialize(views, Some(format))
            .map_err(io::Error::other)
            .and_then(|bytes| write_whole(path, &bytes))
            .map_err(|source| FileError::Write { path: path.into(), source })
    }
}
