using Xunit.Abstractions;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

// The real router on thirty radios of which most do not hear each other, in simulated time.
public sealed class RadioGridTests(ITestOutputHelper output)
{
    private const string TenPercent = "modem=rnode&frequency=869525000&sf=8&region=eu868";
    private const string OnePercent = "modem=rnode&frequency=868300000&sf=8&region=eu868";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(6, 5, 0.05, TenPercent, 15, 3)]
    [InlineData(6, 5, 0.05, TenPercent, 0, 5)]
    [InlineData(6, 5, 0.2, TenPercent, 15, 3)]
    [InlineData(6, 5, 0.4, TenPercent, 15, 3)]
    public void Busy_nodes_get_their_messages_and_receipts(int columns, int rows, double loss, string settings, int warmUp, int seed)
    {
        using RadioGrid grid = new(columns, rows, loss, settings, seed);
        grid.RunFor(warmUp * Minute);
        TimeSpan start = grid.Now;
        grid.Talk(75 * Minute);
        output.WriteLine(grid.Since(start).ToString());
        grid.Finish(115 * Minute);
        output.WriteLine($"{columns * rows} nodes {loss:P0} {settings[28..37]} warm {warmUp} seed {seed}: {grid.Since(start)} at most {grid.MostInAnHour.TotalSeconds:F1} s of {grid.Budget.TotalSeconds:F1} s in an hour");
        output.WriteLine(grid.DescribeAir());
    }
}
