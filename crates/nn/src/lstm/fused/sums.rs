//! The gradients that are sums over time: of the weights and biases, and of the input, for
//! which nobody in the loop over time waits either.

use std::ops::Range;

use rayon::prelude::*;
use tensor::kernel::product::{Matrix, Packed, add_product_parallel, add_products};
use tensor::kernel::reduce::add_columns;
use tensor::{Scalar, Tensor};

use super::{Saved, Sizes};

/// Sums over the pieces of time that are done.
pub struct Sums<T: Scalar> {
    /// If somebody asks for it.
    pub x_bar: Option<Tensor<T>>,
    pub w_ih_bar: Tensor<T>,
    pub w_hh_bar: Tensor<T>,
    pub w_hr_bar: Tensor<T>,
    pub b_bar: Tensor<T>,
    w_ih: Option<Packed<T>>,
}

impl<T: Scalar> Sums<T> {
    pub fn new(saved: &Saved<T>, is_x_wanted: bool) -> Self {
        let Saved { sizes: Sizes { features, hidden, .. }, x, w_ih, w_hh, w_hr, .. } = saved;
        Sums {
            x_bar: is_x_wanted.then(|| Tensor::zeros(x.shape())),
            w_ih_bar: Tensor::zeros(w_ih.shape()),
            w_hh_bar: Tensor::zeros(w_hh.shape()),
            w_hr_bar: Tensor::zeros(w_hr.shape()),
            b_bar: Tensor::zeros([4 * hidden]),
            w_ih: is_x_wanted
                .then(|| Packed::new(Matrix::new(w_ih.data(), *features), 4 * hidden, *features)),
        }
    }

    /// Adds the sums over some steps, of which these are ā and, with a projection, r̄. A line
    /// that ends in a name is that equation of the book: a product of tall matrices, in which
    /// all steps lie below each other, and not many of small ones.
    pub fn add(&mut self, saved: &Saved<T>, times: Range<usize>, a_bar: &[T], r_bar: &[T]) {
        let Saved { sizes, x, h, m, .. } = saved;
        let Sizes { batch, features, hidden, output, proj, .. } = *sizes;
        let (rows, from) = (times.len() * batch, times.start * batch);
        let a_bar = &a_bar[..rows * 4 * hidden];
        let x = Matrix::new(&x.data()[from * features..], features);
        let h_prev = &h.data()[sizes.before(times.start) * batch * output..];
        let (x, h_prev) = (
            Packed::new(x, rows, features),
            Packed::new(Matrix::new(h_prev, output), rows, output),
        );
        // Each thread takes its share of the rows of both weights.
        let share = self.b_bar.data().len().div_ceil(sizes.threads()).next_multiple_of(8);
        let weights = self.w_ih_bar.data_mut().par_chunks_mut(share * features);
        let weights = weights.zip(self.w_hh_bar.data_mut().par_chunks_mut(share * output));
        let weights = weights.zip(self.b_bar.data_mut().par_chunks_mut(share)).enumerate();
        weights.for_each(|(k, ((w_ih_bar, w_hh_bar), b_bar))| {
            let a_bar = &a_bar[k * share..];
            let a_bar_t = Matrix::transposed(a_bar, 4 * hidden);
            let w_ih_bar = (w_ih_bar, &x); // (bptt-w-ih)
            let w_hh_bar = (w_hh_bar, &h_prev); // (bptt-w-hh)
            add_products(&mut [w_ih_bar, w_hh_bar], a_bar_t);
            add_columns(b_bar, a_bar, 4 * hidden); // (bptt-b)
        });
        if proj > 0 {
            let m = Packed::new(Matrix::new(&m[from * hidden..], hidden), rows, hidden);
            let r_bar_t = Matrix::transposed(&r_bar[..rows * proj], proj);
            add_product_parallel(self.w_hr_bar.data_mut(), r_bar_t, &m);
        }
        if let (Some(x_bar), Some(w_ih)) = (&mut self.x_bar, &self.w_ih) {
            let x_bar = &mut x_bar.data_mut()[from * features..][..rows * features];
            add_product_parallel(x_bar, Matrix::new(a_bar, 4 * hidden), w_ih); // (bptt-x)
        }
    }
}
