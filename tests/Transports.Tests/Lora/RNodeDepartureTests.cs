using QuicProChat.Mesh.LoraSimulation;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

// A frame is reported as sent after it has left, never before, and soon; at any phase of what the device counts.
public sealed class RNodeDepartureTests(ITestOutputHelper output)
{
    private const string Radio = "modem=rnode&frequency=868100000&region=none&sf=";

    /// <summary>Two bins: until then a frame is visible, and what left before it no more.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Bin = Window / 2;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData("7", 0, 0)]
    [InlineData("7", 0.3, 0)]
    [InlineData("7", 0.2, 0.2)]
    [InlineData("9", 0.3, 0)]
    [InlineData("9&cr=8", 0, 0)]
    [InlineData("12", 0, 0)]
    [InlineData("12", 0.3, 0)]
    [InlineData("7&bandwidth=500000", 0, 0)]
    [InlineData("7&bandwidth=500000", 0.2, 0.2)]
    public void A_frame_is_reported_after_its_run_and_within_15_s_or_with_the_next_run(
        string settings, double blocked, double late)
    {
        List<TimeSpan> delays = [];
        int all = 0;
        foreach ((TimeSpan phase, int seed) in Phases(30, 4))
        {
            RNodeTrial trial = new(Radio + settings, seed, new RNodeFaults { ClockAtBoot = phase });
            trial.Talk(40, blocked, late);
            trial.RunFor(2 * Minute);
            Assert.Equal(0, trial.Losses);
            foreach (RNodeTrial.Frame frame in trial.Frames())
            {
                all++;
                Assert.True(frame.Sent && frame.Left <= frame.Reported, $"phase {phase}, seed {seed}: {frame}");
                TimeSpan delay = frame.Reported.Value - frame.Left.Value;
                if (late == 0 && delay > Window)
                    Assert.True(frame.Reported <= frame.Next, $"phase {phase}, seed {seed}: {frame}");
                delays.Add(delay);
            }
        }
        delays.Sort();
        int atOnce = delays.FindLastIndex(d => d == TimeSpan.Zero) + 1;
        output.WriteLine(
            $"sf={settings}, blocked {blocked:P0}, late reader {late:P0}: {all} frames, {(double)atOnce / all:P2} at "
                + "once, " +
            $"99 % within {delays[all * 99 / 100].TotalSeconds:F2} s, all within {delays[^1].TotalSeconds:F2} s");
        Assert.True(late > 0 || atOnce > all * 0.95);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("12")]
    [InlineData("7&bandwidth=500000")]
    public void What_a_device_counted_before_its_port_was_opened_again_proves_nothing(string settings)
    {
        foreach ((TimeSpan phase, int seed) in Phases(30, 2))
        {
            RNodeTrial trial = new(
                Radio + settings, seed,
                new RNodeFaults { ResetsOnOpen = false, ClearsStatistics = false, ClockAtBoot = phase });
            for (int i = 0; i < 10; i++)
            {
                trial.Talk(3, blocked: 0.3);
                trial.RunFor(Minute);
                trial.Give(200);
                trial.RunFor(4 * Second);
                trial.Reopen();
            }
            trial.RunFor(2 * Minute);
            Assert.All(trial.Frames(),
                f => Assert.True(!f.Sent || f.Left <= f.Reported, $"phase {phase}, seed {seed}: {f}"));
        }
    }

    [Theory]
    [InlineData(PacketFate.Lost)]
    [InlineData(PacketFate.Cut)]
    public void A_frame_that_the_device_loses_alone_is_never_reported_as_sent(PacketFate fate)
    {
        foreach ((TimeSpan phase, int seed) in Phases(15, 1))
        {
            RNodeTrial trial =
                new(Radio + "7", seed,
                    new RNodeFaults { ClockAtBoot = phase, FateOf = n => n == 5 ? fate : PacketFate.Sent });
            for (int n = 0; n < 6; n++)
            {
                trial.Give(100);
                trial.RunFor((n < 4 ? 5 : 1) * Second);
            }
            trial.RunFor(5 * Minute);
            List<RNodeTrial.Frame> frames = trial.Frames();
            Assert.All(frames[..5], f => Assert.True(f.Sent && f.Left <= f.Reported, $"{f}"));
            Assert.True(frames[5] is { Left: null, Reported: not null, Sent: false }, $"{frames[5]}");
            Assert.Equal(1, trial.Losses);
        }
    }

    // Airtime cannot tell which of several frames it was: one that is lost among others counts as gone with them, when
    // the device has none of them any more. A pause between bursts, because what a bin that drops out hides of a stump
    // can pass for the next frame.
    [Theory]
    [InlineData("7", PacketFate.Lost)]
    [InlineData("7", PacketFate.Cut)]
    [InlineData("12", PacketFate.Cut)]
    [InlineData("7&bandwidth=500000", PacketFate.Lost)]
    public void Frames_that_are_lost_or_glued_do_not_make_others_count_as_sent_too_early(
        string settings, PacketFate fate)
    {
        int lost = 0;
        foreach ((TimeSpan phase, int seed) in Phases(30, 2))
        {
            Random random = new(seed);
            RNodeTrial trial = new(
                Radio + settings, seed,
                new RNodeFaults { ClockAtBoot = phase, FateOf = _ => random.Next(8) == 0 ? fate : PacketFate.Sent });
            trial.Talk(40, blocked: 0.2, pause: fate == PacketFate.Cut ? 40 : 0);
            trial.RunFor(5 * Minute);
            List<RNodeTrial.Frame> frames = trial.Frames();
            lost += frames.Count(f => f.Left is null);
            foreach (RNodeTrial.Frame frame in frames)
            {
                Assert.NotNull(frame.Reported);
                if (frame.Sent)
                    Assert.True((frame.Left ?? frame.Next) <= frame.Reported, $"phase {phase}, seed {seed}: {frame}");
            }
        }
        Assert.True(lost > 100, $"{lost}");
    }

    [Fact]
    public void The_rest_of_a_frame_that_was_cut_does_not_pass_for_the_one_after_it()
    {
        foreach ((TimeSpan phase, int seed) in Phases(60, 1))
        {
            RNodeTrial trial = new(
                Radio + "7", seed,
                new RNodeFaults { ClockAtBoot = phase, FateOf = n => n == 1 ? PacketFate.Cut : PacketFate.Sent });
            trial.Give(50);
            trial.Give(150);
            trial.RunFor(20 * Second);
            // Goes out with the 150 bytes in front of it, which count as gone since they were given.
            trial.Give(50);
            trial.RunFor(3 * Second);
            trial.Block(10 * Second);
            trial.Give(100);
            trial.RunFor(Minute);
            Assert.All(trial.Frames(),
                f => Assert.True(f.Sent && (f.Left ?? f.Next) <= f.Reported, $"phase {phase}: {f}"));
        }
    }

    private static IEnumerable<(TimeSpan Phase, int Seed)> Phases(int phases, int seeds)
    {
        for (int p = 0; p < phases; p++)
        {
            for (int seed = 0; seed < seeds; seed++)
                yield return (p * Bin / phases, (p * seeds) + seed);
        }
    }
}
