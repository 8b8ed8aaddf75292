using System.Diagnostics;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>That every target works; what a fuzzer finds takes longer (make fuzz).</summary>
public sealed class SmokeTests
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(1);

    public static TheoryData<string> Names => [.. FuzzTarget.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Seeds_and_a_second_of_mutations_bring_nothing_to_light(string name)
    {
        FuzzTarget target = FuzzTarget.Find(name)!;
        byte[][] seeds = [.. target.Seeds()];
        Assert.NotEmpty(seeds);
        foreach (byte[] seed in seeds)
            target.Run(seed);
        Random random = new(1);
        long begun = Stopwatch.GetTimestamp();
        do
        {
            byte[] input = Mutate(random, seeds[random.Next(seeds.Length)]);
            Exception? thrown = Record.Exception(() => target.Run(input));
            Assert.True(thrown is null, $"{Convert.ToHexString(input)}: {thrown}");
        }
        while (Stopwatch.GetElapsedTime(begun) < Time);
    }

    [Fact]
    public void Targets_have_names_of_their_own()
    {
        Assert.Distinct(FuzzTarget.All.Select(t => t.Name));
        Assert.All(FuzzTarget.All, t => Assert.Matches("^[a-z-]+$", t.Name));
    }

    private static byte[] Mutate(Random random, byte[] seed)
    {
        List<byte> bytes = [.. seed];
        for (int left = random.Next(1, 6); left > 0; left--)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(4))
            {
                case 0:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 1 when at < bytes.Count:
                    bytes.RemoveRange(at, random.Next(1, bytes.Count - at + 1));
                    break;
                case 2 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                default:
                    bytes.AddRange(bytes.Take(at).ToArray());
                    break;
            }

            if (bytes.Count > 4096)
                bytes.RemoveRange(4096, bytes.Count - 4096);
        }

        return [.. bytes];
    }
}
