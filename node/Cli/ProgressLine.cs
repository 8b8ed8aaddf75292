using System.Globalization;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>Shows how far something is: one line that is written over, on a terminal only.</summary>
internal sealed class ProgressLine(TextWriter terminal, bool isTerminal, TimeProvider time)
{
    private const double Percent = 100;
    private const double Mebibyte = 1024 * 1024;
    private static readonly TimeSpan WriteEach = TimeSpan.FromMilliseconds(200);

    private long _writtenAt;
    private bool _isThere;

    /// <summary>On the standard error output, where that is a terminal.</summary>
    internal static ProgressLine OnErrors => new(Console.Error, !Console.IsErrorRedirected, TimeProvider.System);

    /// <summary>So many bytes of so many are done.</summary>
    internal void Show(long done, long all)
    {
        if (!isTerminal || (_isThere && time.GetElapsedTime(_writtenAt) < WriteEach && done < all))
            return;
        (_isThere, _writtenAt) = (true, time.GetTimestamp());
        double part = all == 0 ? Percent : Percent * done / all;
        terminal.Write(string.Create(
            CultureInfo.InvariantCulture, $"\r{part,3:0}%  {done / Mebibyte:0.0} of {all / Mebibyte:0.0} MiB "));
        terminal.Flush();
    }

    /// <summary>It is over: what follows stands in a line of its own.</summary>
    internal void End()
    {
        if (_isThere)
            terminal.WriteLine();
        _isThere = false;
    }
}
