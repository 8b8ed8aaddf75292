using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary><c>/send-file</c> and <c>/download</c>.</summary>
internal static class FileSlash
{
    private const string OverRadio = " --over-radio";

    /// <summary>Does what a line asks for, over a connection of its own.</summary>
    /// <returns>What to say.</returns>
    /// <exception cref="IOException">It cannot be done.</exception>
    internal static async Task<string> RunAsync(string socket, SlashLine line, CancellationToken cancellation)
    {
        using ControlClient connection = ControlClient.TryConnect(socket, out string why) ?? throw new IOException(why);
        // The events of the console tell how it ends; a line that is written over would tear what is being typed.
        var client = new FileClient(new ReplyPages(connection), static (_, _) => { });
        bool overRadio = line.Text.EndsWith(OverRadio, StringComparison.Ordinal);
        (string first, string rest) = ConsoleLine.Split(overRadio ? line.Text[..^OverRadio.Length] : line.Text);
        if (line.Action == SlashAction.SendFile)
        {
            FileTransferInfo sent = await client.SendAsync(first, rest, null, overRadio, cancellation)
                .ConfigureAwait(false);
            return sent.Describe();
        }

        await client.AcceptAsync(first, overRadio, cancellation).ConfigureAwait(false);
        if (rest.Length == 0)
            return $"{first} is fetched; /file show {first} tells how far it is";
        await client.WaitAsync(first, cancellation).ConfigureAwait(false);
        return $"written to {Screen.Printable(await client.SaveAsync(first, rest, cancellation).ConfigureAwait(false))}";
    }
}
