using System.Text.Json;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>Asks a daemon for a whole result, for commands that need several.</summary>
internal sealed class ControlAsker(ReplyPages pages)
{
    /// <summary>The result, all its pages in one.</summary>
    /// <exception cref="IOException">The daemon refused, or went away.</exception>
    internal async Task<JsonElement> AskAsync(string command, CancellationToken cancellation)
    {
        var merged = new CtlSession.MergedResult();
        await foreach (ReplyPages.Reply? page in pages.InOrderAsync(new ControlRequest { Command = command }, cancellation).ConfigureAwait(false))
        {
            using (page)
            {
                if (page is null)
                    throw new IOException("the daemon went away");
                if (!page.IsDone)
                    throw new IOException($"{command}: {page.Error}");
                merged.Add(page.Result);
            }
        }

        using JsonDocument result = merged.ToJson();
        return result.RootElement.Clone();
    }
}
