//! Demo 2's network: its gradients, and its replay from any seed.

use demos::forecaster::{Forecaster, Windows, train};
use demos::notebook;
use nn::{Generator, check_gradients, mse_loss};
use tensor::{Scalar, Tape};

/// The whole network on the notebook's windows, all 1981 parameters, at its
/// initial weights and after some training. The windows are scaled, because
/// differences cannot be taken where every gate is saturated.
#[test]
fn its_gradients_agree_with_central_differences() {
    let mut windows = Windows::of(&notebook::dataset(), notebook::WINDOW);
    windows.x = windows.x.map(|x| x / 50.0 - 1.0);
    windows.y = windows.y.map(|y| y / 100.0 - 1.0);
    let rng = &mut Generator::manual_seed(1);
    for epochs in [0, 5, 50] {
        let mut network = notebook::run_cells::<f64>(None, notebook::HIDDEN_SIZE, 3).0;
        train(&mut network, &windows, epochs, 0.01, |_, _| ()).unwrap();
        let check = check_gradients(
            &network,
            |network: &Forecaster<f64>, tape: &Tape<f64>| {
                let y = network.forward(tape.constant(windows.x.clone()));
                mse_loss(y, tape.constant(windows.y.clone()))
            },
            rng,
        );
        check.unwrap_or_else(|mismatch| panic!("after {epochs} epochs: {mismatch}"));
    }
}

/// `f32` and `f64` train alike, as long as rounding has not been enlarged.
#[test]
fn both_precisions_train_alike() {
    fn losses<T: Scalar + nn::Uniform>(seed: u64) -> Vec<f64> {
        let windows = Windows::of(&notebook::dataset(), 3);
        let start = notebook::run_cells::<f32>(Some(seed), 8, 3).0;
        let mut network = notebook::run_cells::<T>(Some(seed), 8, 3).0;
        network.copy_from(&start);
        train(&mut network, &windows, 20, 0.01, |_, _| ()).unwrap()
    }
    for seed in 0..5 {
        for (a, b) in losses::<f32>(seed).iter().zip(losses::<f64>(seed)) {
            approx::assert_relative_eq!(*a, b, max_relative = 1e-5);
        }
    }
}

#[test]
fn every_window_length_works() {
    for window in 1..=10 {
        let windows = Windows::of(&notebook::dataset(), window);
        assert_eq!(*windows.x.shape(), [11 - window, window, 2]);
        let last = *windows.y.data().last().unwrap();
        assert_eq!(last, 185.0, "the last window ends at the last row");
        let network = notebook::run_cells::<f32>(None, 4, window).0;
        assert_eq!(network.predict(&windows).len(), 11 - window);
    }
}
