//! Prints a tensor the way PyTorch prints one (`torch.set_printoptions`'
//! defaults: 4 digits, lines of 80 columns, long tensors shortened).

use std::fmt;

use super::tensor::Tensor;
use crate::Scalar;

const LINE_WIDTH: usize = 80;
/// A tensor with more elements than this is shortened …
const SHORTEN_ABOVE: usize = 1000;
/// … to this many at either end of each dimension.
const EDGE: usize = 3;

impl<T: Scalar> fmt::Display for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const OPEN: &str = "tensor(";
        if self.shape().len() > 1 && self.data().is_empty() {
            let sizes: Vec<String> = self.shape().iter().map(usize::to_string).collect();
            return write!(f, "{OPEN}[], size=({}))", sizes.join(", "));
        }
        let printer = Printer::new(self);
        write!(f, "{OPEN}{})", printer.block(0, 0, OPEN.len()))
    }
}

impl<T: Scalar> fmt::Debug for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} of shape {}", self.shape())
    }
}

enum Notation {
    Whole,
    Fixed,
    Scientific,
}

struct Printer<'a, T: Scalar> {
    tensor: &'a Tensor<T>,
    notation: Notation,
    width: usize,
}

impl<'a, T: Scalar> Printer<'a, T> {
    fn new(tensor: &'a Tensor<T>) -> Self {
        let mut printer = Printer { tensor, notation: Notation::Whole, width: 1 };
        let mut numbers = Vec::new();
        printer.collect_shown(0, 0, &mut numbers);
        numbers.retain(|x| x.is_finite() && *x != 0.0);
        let largest = numbers.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        let smallest = numbers.iter().fold(f64::INFINITY, |m, x| m.min(x.abs()));
        if largest / smallest > 1e3 || largest > 1e8 || smallest < 1e-4 {
            printer.notation = Notation::Scientific;
        } else if numbers.iter().any(|x| x.fract() != 0.0) {
            printer.notation = Notation::Fixed;
        }
        let widths = numbers.iter().map(|&x| printer.number(x).len());
        printer.width = widths.max().unwrap_or(1);
        printer
    }

    /// Which indices of dimension `dim` are shown; `None` is the gap.
    fn shown(&self, dim: usize) -> Vec<Option<usize>> {
        let size = self.tensor.shape()[dim];
        if self.tensor.data().len() > SHORTEN_ABOVE && size > 2 * EDGE {
            let (head, tail) = ((0..EDGE).map(Some), (size - EDGE..size).map(Some));
            head.chain([None]).chain(tail).collect()
        } else {
            (0..size).map(Some).collect()
        }
    }

    fn collect_shown(&self, dim: usize, offset: usize, numbers: &mut Vec<f64>) {
        if dim == self.tensor.shape().len() {
            numbers.push(self.tensor.data()[offset].as_f64());
            return;
        }
        for index in self.shown(dim).into_iter().flatten() {
            self.collect_shown(dim + 1, offset * self.tensor.shape()[dim] + index, numbers);
        }
    }

    /// The text of the sub-tensor whose row-major index so far is `offset`.
    fn block(&self, dim: usize, offset: usize, indent: usize) -> String {
        let shape = self.tensor.shape();
        if shape.num_elements() == 0 {
            return "[]".into();
        }
        if dim == shape.len() {
            let number = self.number(self.tensor.data()[offset].as_f64());
            return format!("{number:>width$}", width = self.width);
        }
        let is_row = dim + 1 == shape.len();
        let parts: Vec<String> = (self.shown(dim).into_iter())
            .map(|index| match index {
                Some(index) => self.block(dim + 1, offset * shape[dim] + index, indent + 1),
                None if is_row => " ...".into(),
                None => "...".into(),
            })
            .collect();
        let margin = " ".repeat(indent + 1);
        if is_row {
            let per_line = (LINE_WIDTH.saturating_sub(indent) / (self.width + 2)).max(1);
            let lines: Vec<String> = parts.chunks(per_line).map(|line| line.join(", ")).collect();
            format!("[{}]", lines.join(&format!(",\n{margin}")))
        } else {
            let blank_lines = "\n".repeat(shape.len() - dim - 1);
            format!("[{}]", parts.join(&format!(",{blank_lines}{margin}")))
        }
    }

    fn number(&self, x: f64) -> String {
        match self.notation {
            _ if x.is_nan() => "nan".into(),
            _ if x.is_infinite() => x.to_string(),
            Notation::Whole => format!("{x:.0}."),
            Notation::Fixed => format!("{x:.4}"),
            Notation::Scientific => {
                // Rust writes 1.2000e-5 where PyTorch writes 1.2000e-05.
                let text = format!("{x:.4e}");
                let (mantissa, exponent) = text.split_once('e').expect("{:e} writes an e");
                let (sign, digits) = match exponent.strip_prefix('-') {
                    Some(digits) => ('-', digits),
                    None => ('+', exponent),
                };
                format!("{mantissa}e{sign}{digits:0>2}")
            }
        }
    }
}
