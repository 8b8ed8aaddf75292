using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Node.Lite;

/// <summary>Logs faults of this program, at most one a minute: whoever found a way to cause them can repeat it.</summary>
internal sealed class LiteFaults(ILogger log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private Instant? _last;
    private int _since;

    internal void Note(Instant now, Exception exception)
    {
        _since++;
        if (_last is { } last && now - last < Pause)
            return;
        log.LiteFailed(exception, _since);
        _last = now;
        _since = 0;
    }
}
