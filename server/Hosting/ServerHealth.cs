using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>Whether the server can do its work: it does not stop, and its store answers.</summary>
internal sealed class ServerHealth(IServerStore store, TimeProvider time)
{
    // Arbitrary. The first is less than monitors wait; the second keeps questions from costing the store anything.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task<string?>? _answer;
    private long _askedAt;
    private volatile bool _stopping;

    /// <summary>From now on the server is not healthy, so that nobody is sent to it.</summary>
    internal void Stop() => _stopping = true;

    /// <summary>Why the server cannot work; null if it can.</summary>
    internal Task<string?> WhyNotAsync()
    {
        if (_stopping)
            return Task.FromResult<string?>("the server stops");
        lock (_lock)
        {
            if (_answer is null || (_answer.IsCompleted && time.GetElapsedTime(_askedAt) > Lifetime))
            {
                _askedAt = time.GetTimestamp();
                _answer = AskAsync();
            }

            return _answer;
        }
    }

    private async Task<string?> AskAsync()
    {
        try
        {
            // No account has an empty name: the store looks, and finds nothing.
            await store.Accounts.FindAsync("").WaitAsync(Patience, time);
            return null;
        }
        catch (StoreException e)
        {
            return $"the store is lost: {e.Message}";
        }
        catch (TimeoutException)
        {
            return $"the store does not answer within {Patience.TotalSeconds} seconds";
        }
    }
}
