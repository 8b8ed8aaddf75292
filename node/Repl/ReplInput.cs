using System.Text;
using QuicProChat.Mesh.Messaging.Direct;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>Lines that come through a pipe. One that is too long costs that line, and no memory beyond its limit.</summary>
internal sealed class ReplInput(TextReader input)
{
    /// <summary>Characters of a line at most: the longest text with its command.</summary>
    internal const int MaxCharacters = DirectConversations.MaxTextBytes + 1024;

    private readonly char[] _buffer = new char[4096];
    private int _start;
    private int _end;

    /// <summary>The next line without its end.</summary>
    /// <returns>Null at the end of the input; <c>IsWhole</c> is false for a line that was too long.</returns>
    internal async Task<(string Text, bool IsWhole)?> ReadLineAsync(CancellationToken cancellation)
    {
        var line = new StringBuilder();
        bool isWhole = true, isThere = false;
        while (true)
        {
            if (_start == _end)
            {
                (_start, _end) = (0, await input.ReadAsync(_buffer, cancellation).ConfigureAwait(false));
                if (_end == 0)
                    return isThere ? (Text(line), isWhole) : null;
            }

            isThere = true;
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf('\n');
            ReadOnlySpan<char> part = _buffer.AsSpan(_start, length < 0 ? _end - _start : length);
            _start += part.Length;
            isWhole &= line.Length + part.Length <= MaxCharacters;
            if (isWhole)
                line.Append(part);
            if (length < 0)
                continue;
            _start++;
            return (Text(line), isWhole);
        }
    }

    private static string Text(StringBuilder line) =>
        line.Length > 0 && line[^1] == '\r' ? line.ToString(0, line.Length - 1) : line.ToString();
}
