# SPDX-License-Identifier: MIT
"""Training batches: windows of clips, stretched, warped, filtered and mixed with noise, as features.

All of it works on log2 band power, where a gain or a filter is a sum, and the sum of two sounds is
log2(2^a + 2^b); so each step of the training sees sounds that were never there before.
"""

import clips
import torch
import words
from torch.nn import functional as F

DB = 1 / 3.0103  # log2 of power a decibel
BANDS = clips.FEATURES["bands"]
SHARES = torch.tensor([1.6, 1.6, 1.6, 1.6, 2.6, 1.3])  # of each label's clips in a batch


class Batches:
    """Random batches of `size` from spoken and noise clips; the same seed gives the same batches."""

    def __init__(self, spoken, noise, size, seed):
        self._random = torch.Generator().manual_seed(seed)
        self._size = size
        self._spoken, self._noise = (torch.from_numpy(c.features).float() / 256 for c in (spoken, noise))
        self._begin, self._end = (torch.from_numpy(v).float() for v in (spoken.begin, spoken.end))
        label = torch.from_numpy(spoken.label)
        self._of_label = [torch.nonzero(label == k).ravel() for k in range(words.SILENCE)]

    def draw(self):
        """(log2 band power [size, 1, frames, bands], label [size])."""
        kind = torch.multinomial(SHARES, self._size, True, generator=self._random)
        clip = torch.stack([self._pick(int(k)) for k in kind])
        stretch = self._uniform(0.82, 1.2)
        start, label = self._windows(kind, clip, stretch * clips.FRAMES)
        speech = self._look(self._spoken[clip], start, stretch, self._uniform(0.88, 1.14), self._uniform(-1.0, 1.0))
        speech += self._delivery(clip, start, stretch) + self._response(1.3) + self._gain(kind)[:, None, None, None]
        noise = self._noise[self._integers(len(self._noise))]
        begin, length, warp = self._uniform(0, 50), self._uniform(0.8, 1.2), self._uniform(0.8, 1.2)
        noise = self._look(noise, begin, length, warp, self._uniform(-3, 3))
        noise += self._response(1.0) + self._noise_gain[:, None, None, None]
        noise = torch.where(self._dead(), 0.0, noise)
        x = torch.where((label == words.SILENCE)[:, None, None, None] & (kind == words.SILENCE)[:, None, None, None],
                        noise, torch.logaddexp2(speech, noise))
        return self._masked(torch.clamp(x + self._response(1.0), min=0)), label

    def _pick(self, kind):
        indices = self._of_label[kind if kind < words.SILENCE else 0]
        return indices[torch.randint(len(indices), (), generator=self._random)]

    def _uniform(self, low, high, *shape):
        return torch.rand(self._size, *shape, generator=self._random) * (high - low) + low

    def _integers(self, count):
        return torch.randint(count, (self._size,), generator=self._random)

    def _windows(self, kind, clip, length):
        """Where each window starts, in frames of its clip, and what is heard in it.

        A word that is seen (92 % of it) keeps its label; a keyword seen for less than half is unknown; one not
        seen at all is silence. What lies between is nobody's business and never shown.
        """
        begin, end = self._begin[clip], self._end[clip]
        slack = 0.08 * (end - begin)
        first, last = end - slack - length, begin + slack
        seen = first + self._uniform(0, 1) * (last - first)
        part = self._uniform(0.05, 0.45) * (end - begin)
        cut = torch.where(self._uniform(0, 1) < 0.5, end - part, begin + part - length)
        gone = torch.where(self._uniform(0, 1) < 0.5, end + 4, begin - 3 - length)
        case = self._uniform(0, 1)
        start = torch.where(case < 0.82, seen, torch.where(case < 0.95, cut, gone))
        label = torch.where(case < 0.82, kind, torch.where(case < 0.95, words.UNKNOWN, words.SILENCE))
        return start, torch.where(kind == words.SILENCE, words.SILENCE, label)

    def _delivery(self, clip, start, stretch):
        """[size, 1, frames, bands]: a word swells, and half of them die away at their end, treble first.

        espeak-ng speaks at one loudness and stops at once; people do not.
        """
        begin, end = self._begin[clip], self._end[clip]
        frame = start[:, None] + torch.arange(clips.FRAMES) * stretch[:, None]
        place = (frame - begin[:, None]) / (end - begin)[:, None]  # 0..1 within the word
        waves = [torch.cos(k * torch.pi * place.clamp(0, 1)) for k in (1, 2, 3)]
        swell = sum(torch.randn(self._size, 1, generator=self._random) * 0.7 * wave for wave in waves)
        since, depth = self._uniform(0.4, 1.0)[:, None], self._uniform(0, 9) * (self._uniform(0, 1) < 0.5)
        fade = depth[:, None] * ((place - since) / (1.2 - since)).clamp(0, 1.5)
        treble = 1 + self._uniform(0, 0.6)[:, None] * torch.linspace(0, 1, BANDS)
        return swell[:, None, :, None] - fade[:, None, :, None] * treble[:, None, None, :]

    def _look(self, features, start, stretch, warp, shift):
        """features[size, clip frames, bands] through a window, bilinear: frame t is start + t * stretch, band b
        is b * warp + shift."""
        frame = start[:, None] + torch.arange(clips.FRAMES) * stretch[:, None]
        band = torch.arange(BANDS) * warp[:, None] + shift[:, None]
        y = frame / (clips.CLIP_FRAMES - 1) * 2 - 1
        x = band / (BANDS - 1) * 2 - 1
        grid = torch.stack(torch.broadcast_tensors(x[:, None, :], y[:, :, None]), dim=-1)
        return F.grid_sample(features[:, None], grid, align_corners=True, padding_mode="border")

    def _response(self, depth):
        """A smooth random response over the bands, [size, 1, 1, bands]; depth in log2 of power."""
        points = torch.randn(self._size, 1, 6, generator=self._random) * depth
        return F.interpolate(points, BANDS, mode="linear", align_corners=True)[:, None]

    def _gain(self, kind):
        """Level of the speech; sets that of the noise below it. Silence is noise at any level."""
        speech = self._uniform(-26, 14)
        distance = torch.where(self._uniform(0, 1) < 0.75, self._uniform(3, 35), self._uniform(35, 65))
        noise = torch.where(kind == words.SILENCE, self._uniform(-72, 14), speech - distance)
        self._noise_gain = noise * DB
        return speech * DB

    def _dead(self):
        """[size, 1, frames, 1]: no noise at all at one end of some windows, as of a microphone that starts or ends."""
        edge = self._uniform(-clips.FRAMES, clips.FRAMES)
        place = torch.arange(clips.FRAMES)
        gone = torch.where(edge[:, None] > 0, place < edge[:, None], place > clips.FRAMES + edge[:, None])
        return (gone & (self._uniform(0, 1) < 0.12)[:, None])[:, None, :, None]

    def _masked(self, x):
        """Now and then some frames or bands are lost in the mean."""
        mean = x.mean(dim=(2, 3), keepdim=True)
        for axis, size, longest in ((2, clips.FRAMES, 6), (3, BANDS, 5)):
            start, length = self._uniform(0, size), self._uniform(0, longest) * (self._uniform(0, 1) < 0.25)
            place = torch.arange(size)
            hidden = (place >= start[:, None]) & (place < (start + length)[:, None])
            shape = (-1, 1, size, 1) if axis == 2 else (-1, 1, 1, size)
            x = torch.where(hidden.reshape(shape), mean, x)
        return x
