using System.Diagnostics;
using System.Globalization;

namespace QuicProChat.Mesh.Simulation;

/// <summary>
/// Tells people how far a run is: on a terminal once a second of their time, on one line; in a file, a line every ten
/// seconds.
/// </summary>
public sealed class Progress(TextWriter? output, bool file = false)
{
    private readonly TimeSpan _every = TimeSpan.FromSeconds(file ? 10 : 1);
    private readonly Stopwatch _since = Stopwatch.StartNew();
    private TimeSpan _last = TimeSpan.MinValue;
    private int _width;

    /// <summary>Since the run began.</summary>
    public TimeSpan Elapsed => _since.Elapsed;

    /// <summary>Says it, if the last time is long enough ago.</summary>
    public void Say(Network network, string what)
    {
        if (output is null || (_last != TimeSpan.MinValue && Elapsed - _last < _every))
            return;
        _last = Elapsed;
        string line = string.Create(CultureInfo.InvariantCulture,
            $"[{Elapsed.TotalSeconds,6:0.0} s] simulated {network.Now.Ticks / (double)TimeSpan.TicksPerSecond,9:0.00} "
                + $"s, {network.Handled / 1e6:0.00} M events: {what}");
        if (file)
        {
            // Whatever ends a long run early leaves these behind.
            double control = network.Total.Control / 1000.0 / network.Nodes.Count;
            output.WriteLine(
                string.Create(CultureInfo.InvariantCulture,
                    $"{line}; {control:0.0} kB control per node, {Environment.WorkingSet / 1e6:0} MB"));
            return;
        }

        output.Write('\r' + line.PadRight(_width));
        _width = line.Length;
    }

    /// <summary>The most memory that this process ever had, in bytes.</summary>
    public static long PeakMemory()
    {
        using Process self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }

    /// <summary>Ends the line.</summary>
    public void Done()
    {
        if (output is not null && _width > 0)
            output.WriteLine();
        _width = 0;
    }
}
