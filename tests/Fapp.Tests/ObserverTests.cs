using QuicProChat.Mesh.Fapp.Mesh;

namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>
/// An observer sees the time and the length of every envelope, from ten followers to a forwarder and from there to the
/// practice, and knows
/// that one of the ten asked. The schedule is that of the program; who asks and when comes from a fixed seed. All
/// envelopes
/// of a kind have one length (<see cref="SizeTests"/>), so only times are left to look at.
/// </summary>
public sealed class ObserverTests
{
    private const int Followers = 10;
    private const int Trials = 2000;
    private const int LongestDelay = AppointmentOptions.LongestDelay;
    private const long Days = 2 * FappTime.Day;

    [Fact]
    public void Whoever_sees_all_frames_but_the_forwarders_inside_cannot_tell_which_of_ten_followers_asked()
    {
        int right = Enumerable.Range(0, Trials).Count(static seed => Guess(seed, covers: true, out int asker) == asker);
        // A tenth by chance; 3.9 standard deviations are one run in ten thousand, and the seeds are fixed.
        double chance = (double)Trials / Followers, deviation = Math.Sqrt(chance * (Followers - 1) / Followers);
        Assert.InRange(right, chance - 3.9 * deviation, chance + 3.9 * deviation);
    }

    [Fact]
    public void The_same_observer_finds_whoever_asks_where_requests_go_at_once_and_dummies_end_at_the_forwarder()
    {
        int right = Enumerable.Range(0, Trials).Count(static seed =>
            Guess(seed, covers: false, out int asker) == asker);
        Assert.True(right > Trials * 9 / 10, $"{right} of {Trials}");
    }

    /// <summary>
    /// The best guess: whose envelopes came most often in the minute before one left for the practice, and more often
    /// around the
    /// time at which the practice's slot was seen to go.
    /// </summary>
    private static int Guess(int seed, bool covers, out int asker)
    {
        var random = new Random(seed);
        asker = random.Next(Followers);
        long asksAt = FappTime.Day / 4 + random.Next((int)FappTime.Day);
        var arrivals = new List<(long At, int Who)>();
        var departures = new List<long>();
        for (int who = 0; who < Followers; who++)
            Live(who, who == asker ? asksAt : long.MaxValue, covers, random, arrivals, departures);

        double[] score = new double[Followers];
        foreach (long left in departures)
        {
            (long At, int Who)[] candidates = [.. arrivals.Where(a => a.At <= left && a.At >= left - LongestDelay)];
            foreach ((_, int who) in candidates)
                score[who] += Weight(left - asksAt) / candidates.Length;
        }

        double best = score.Max();
        int[] likely = [.. Enumerable.Range(0, Followers).Where(f => score[f] == best)];
        return likely[random.Next(likely.Length)];
    }

    /// <summary>Around when somebody asked; the observer learns that from the practice's announce, hourly.</summary>
    private static double Weight(long after) => after is >= 0 and < 3 * FappTime.Hour ? 10 : 1;

    private static void Live(int who, long asksAt, bool covers, Random random, List<(long At, int Who)> arrivals,
        List<long> departures)
    {
        var cover = new CoverTraffic(random.NextBytes);
        long mean = covers ? CoverTraffic.StandardMean : FappTime.Day;
        cover.Draw(0, mean);
        if (!covers && asksAt < Days)
        {
            arrivals.Add((asksAt, who));
            departures.Add(asksAt + random.Next(LongestDelay + 1));
        }

        while (cover.NextAt < Days)
        {
            // With cover a request takes the place of the next dummy: the time is the same either way.
            arrivals.Add((cover.NextAt, who));
            if (covers)
                departures.Add(cover.NextAt + random.Next(LongestDelay + 1));
            cover.Draw(cover.NextAt, mean);
        }
    }
}
