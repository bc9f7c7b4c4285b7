//! A checkpoint with some of its bytes changed: loading must not panic, after a refusal
//! everything must be as it was, and after a yes it can be saved, and training goes on.
//!
//! The input is a list of changes, four bytes each: where (a part of the file, and the place
//! in it) and what. So the fuzzer starts from a file that is right but for these.
//!
//! `cargo +nightly fuzz run checkpoint`. (Saves wait for the disk: a `TMPDIR` in
//! memory makes it many times faster.)

#![no_main]

use std::cell::RefCell;
use std::fs;

use libfuzzer_sys::fuzz_target;
use nn::{Adam, AdamConfig, Generator, Linear, load_checkpoint, save_checkpoint};
use tempfile::TempDir;
use tensor::{Tape, Tensor};

struct Training {
    folder: TempDir,
    model: Linear<f32>,
    adam: Adam<f32>,
    generator: Generator,
}

impl Training {
    fn new() -> Self {
        let mut generator = Generator::manual_seed(0);
        let model = Linear::new(2, 1, &mut generator);
        let adam = Adam::new(AdamConfig { amsgrad: true, ..AdamConfig::default() });
        let folder = tempfile::tempdir().unwrap();
        let mut training = Training { folder, model, adam, generator };
        training.step();
        training
    }

    fn step(&mut self) {
        let tape = Tape::new();
        let x = tape.constant(Tensor::full([3, 2], 0.5));
        let gradients = self.model.forward(x).sum().backward();
        drop(tape);
        self.adam.step(&mut self.model, &gradients);
    }

    fn save(&self) -> Vec<u8> {
        let path = self.folder.path().join("saved");
        save_checkpoint(&path, &self.model, &self.adam, &self.generator, 3).unwrap();
        fs::read(path).unwrap()
    }

    /// Every bit of what may change.
    fn state(&self) -> String {
        format!("{:?} {:?} {:?}", self.model, self.adam, self.generator)
    }
}

thread_local! {
    static SUBJECT: RefCell<(Training, Vec<u8>)> = {
        let training = Training::new();
        let good = training.save();
        RefCell::new((training, good))
    };
}

fuzz_target!(|changes: &[u8]| {
    SUBJECT.with_borrow_mut(|(training, good)| {
        let mut bytes = good.clone();
        let header = 8 + u64::from_le_bytes(good[..8].try_into().unwrap()) as usize;
        for change in changes.chunks_exact(4) {
            let place = usize::from(u16::from_le_bytes([change[1], change[2]]));
            // The generator, which is most of the file, lies after some 200 bytes of numbers.
            let (from, size) = match change[0] % 4 {
                0 => (0, header),
                1 | 2 => (header, 200),
                _ => (header + 200, bytes.len() - header - 200),
            };
            bytes[from + place % size] = change[3];
        }
        // What is left of a change cuts the file off.
        let cut = changes.len() % 4;
        bytes.truncate(bytes.len() - cut * cut * cut);

        let path = training.folder.path().join("file");
        drop(fs::remove_file(&path));
        fs::write(&path, bytes).unwrap();
        let before = training.state();
        let Training { model, adam, generator, .. } = &mut *training;
        match load_checkpoint(&path, model, adam, generator) {
            Ok(_) => {
                let saved = training.save();
                training.step();
                fs::write(&path, &saved).unwrap();
                let Training { model, adam, generator, .. } = &mut *training;
                load_checkpoint(&path, model, adam, generator).unwrap();
                assert!(saved == training.save());
            }
            Err(_) => assert_eq!(before, training.state()),
        }
    });
});
