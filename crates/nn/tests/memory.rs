//! What loading allocates, and what training does not.

use std::fs;

use allocation_counter::{AllocationInfo, measure};
use nn::{
    Adam, AdamConfig, Generator, Linear, Lstm, LstmConfig, Module, Uniform, load, module, mse_loss,
    save,
};
use tensor::{Tape, Tensor};

/// No file makes `load` allocate more than twice its size (and a quarter of
/// a megabyte for names and error texts), whatever sizes its header claims.
#[test]
fn loading_allocates_at_most_twice_the_file() {
    const SMALL_CHANGE: u64 = 256 << 10;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let mut model = Linear::<f32>::new(300, 200, &mut Generator::manual_seed(0));
    save(&path, &model).unwrap();
    let whole = fs::read(&path).unwrap();

    let mut peak = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let info = measure(|| drop(load(&path, &mut model)));
        assert!(
            info.bytes_max <= 2 * bytes.len() as u64 + SMALL_CHANGE,
            "{} bytes for a file of {}",
            info.bytes_max,
            bytes.len()
        );
        info.bytes_max
    };
    assert!(peak(&whole) > whole.len() as u64, "the file itself is counted");

    // A header that claims to be long, and headers that claim much.
    peak(&u64::MAX.to_le_bytes());
    peak(&[0xff, 0xff, 0xff, 0x05, 0, 0, 0, 0, b'{']);
    for shape in ["[1000000000,1000]", "[18446744073709551615]", "[4611686018427387904,4]"] {
        let header = format!(
            r#"{{"weight":{{"dtype":"F32","shape":{shape},"data_offsets":[0,4000000000000]}}}}"#
        );
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        peak(&bytes);
    }
    // Many tensors that nobody asked for.
    for count in [250, 2_000, 100_000] {
        let entry = |k| format!(r#""t{k}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#);
        let header = format!("{{{}}}", (0..count).map(entry).collect::<Vec<_>>().join(","));
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        peak(&bytes);
    }
}

/// A network for one number, and what it is trained on.
#[derive(Clone)]
struct Network {
    lstm: Lstm<f32>,
    head: Linear<f32>,
}

module! { impl Module<f32> for Network { lstm, head } }

/// What some training steps allocate on one of `threads` threads: the first ones, and
/// then one more.
fn training(config: LstmConfig, [seq, batch]: [usize; 2], threads: usize) -> [AllocationInfo; 2] {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let mut warm = None;
        let all = measure(|| {
            let generator = &mut Generator::manual_seed(0);
            let size = config.num_directions() * config.output_size();
            let lstm = Lstm::new(config, generator);
            let mut network = Network { lstm, head: Linear::new(size, 1, generator) };
            let mut adam = Adam::new(AdamConfig::default());
            let mut tape = Tape::new();
            let x = Tensor::from_fn([seq, batch, config.input_size], || f32::unit(generator));
            let y = Tensor::zeros([batch, 1]);
            let mut step = || {
                let (output, _) = network.lstm.forward(tape.constant(x.clone()), None);
                let last = output.narrow(0, seq - 1, 1).reshape([batch, size]);
                let loss = mse_loss(network.head.forward(last), tape.constant(y.clone()));
                let gradients = loss.backward();
                tape.reset();
                adam.step(&mut network, &gradients);
            };
            (0..4).for_each(|_| step());
            warm = Some(measure(step));
        });
        [all, warm.unwrap()]
    })
}

/// Everything that a warm training step needs is there from the steps before.
#[test]
fn a_warm_training_step_allocates_nothing() {
    let one = LstmConfig::new(3, 20);
    let stacked = LstmConfig { num_layers: 2, bidirectional: true, proj_size: 5, ..one };
    for config in [one, stacked, LstmConfig::new(32, 128)] {
        for sizes in [[3, 8], [50, 32]] {
            for threads in [1, 2] {
                let [_, warm] = training(config, sizes, threads);
                assert_eq!(warm.count_total, 0, "{config:?}, {sizes:?}, {threads} threads");
            }
        }
    }
}

/// The most that training ever has at once is little more than what the mathematics
/// needs: the input; of each layer and step, i, f, g, o, c, tanh c and h; and of each
/// parameter itself, its gradient and the two moments of Adam.
#[test]
fn memory_is_what_the_mathematics_needs() {
    for (num_layers, sizes @ [input, hidden, seq, batch]) in [
        (1, [32, 128, 50, 32]),
        (1, [8, 64, 1600, 16]),
        (1, [256, 512, 100, 64]),
        (2, [64, 256, 64, 32]),
    ] {
        let config = LstmConfig { num_layers, ..LstmConfig::new(input, hidden) };
        let activations = seq * batch * (input + num_layers * 7 * hidden);
        let lstm = Lstm::<f32>::new(config, &mut Generator::manual_seed(0));
        let needed = 4 * (activations + 4 * (lstm.num_parameters() + hidden + 1));
        drop(lstm);
        let [all, _] = training(config, [seq, batch], 1);
        let ratio = all.bytes_max as f64 / needed as f64;
        println!("{sizes:?}: {needed} bytes are needed, {} taken: {ratio:.2}", all.bytes_max);
        assert!(ratio <= 1.2, "{sizes:?}: {ratio} times what is needed");
    }
}
