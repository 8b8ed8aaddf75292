using Xunit.Abstractions;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

// The real router on thirty radios of which most do not hear each other, in simulated time.
public sealed class RadioGridTests(ITestOutputHelper output)
{
    private const string TenPercent = "modem=rnode&frequency=869525000&sf=8&region=eu868";
    private const string OnePercent = "modem=rnode&frequency=868300000&sf=8&region=eu868";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Thirty_busy_nodes_get_their_messages_and_receipts(int seed)
    {
        using RadioGrid grid = new(6, 5, 0.05, Environment.GetEnvironmentVariable("ONE") is null ? TenPercent : OnePercent, seed);
        grid.RunFor(15 * Minute);
        output.WriteLine(grid.DescribeAir());
        TimeSpan start = grid.Now;
        grid.Talk(75 * Minute);
        output.WriteLine(grid.Since(start).ToString());
        grid.Finish(45 * Minute);
        output.WriteLine(grid.Since(start).ToString());
        output.WriteLine($"at most {grid.MostInAnHour.TotalSeconds:F1} s of {grid.Budget.TotalSeconds:F1} s in an hour");
        output.WriteLine(grid.DescribeAir());
    }
}
