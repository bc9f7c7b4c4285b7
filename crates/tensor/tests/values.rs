//! Tensors and shapes as values: when two are equal, and how large they may be.

use tensor::{Shape, Tensor};

#[test]
fn tensors_are_equal_if_their_shapes_and_all_numbers_are() {
    let x = Tensor::from([1.0, 2.0]);
    assert_eq!(x, Tensor::from([[0.0, 1.0], [1.0, 2.0]]).narrow(0, 1, 1).reshape([2]));
    assert_ne!(x, Tensor::from([1.0, 3.0]));
    assert_ne!(x, Tensor::from([[1.0, 2.0]]));
    assert_ne!(Tensor::<f64>::zeros([0, 2]), Tensor::zeros([2, 0]));
    // As numbers are.
    assert_eq!(Tensor::from(0.0), Tensor::from(-0.0));
    assert_ne!(Tensor::from(f64::NAN), Tensor::from(f64::NAN));
}

#[test]
fn shapes_are_equal_to_lists_of_their_sizes() {
    let shape = Shape::from([2, 3]);
    assert_eq!(shape, [2, 3]);
    assert!(shape != [3, 2] && shape != [2] && shape != [2, 3, 1]);
}

/// A list of numbers has at most `isize::MAX` bytes. (What more does say is in `texts.rs`.)
#[test]
fn the_largest_shape() {
    let most = isize::MAX as usize / size_of::<f64>();
    assert_eq!(Shape::from([most]).num_elements(), most);
    assert_eq!(Shape::from([1, 1]).broadcast(&Shape::from([most, 1])), Some([most, 1].into()));
}
