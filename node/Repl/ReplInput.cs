using System.Text;
using QuicProChat.Mesh.Messaging.Direct;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>
/// Lines that come through a pipe. One that is too long, or no UTF-8, costs that line, and no memory beyond its limit.
/// </summary>
internal sealed class ReplInput(TextReader input)
{
    /// <summary>Characters of a line at most: the longest text with its command.</summary>
    internal const int MaxCharacters = DirectConversations.MaxTextBytes + 1024;

    /// <summary>Stands for bytes that are no UTF-8: a code point that is no character.</summary>
    private const char Undecodable = '\uFFFF';

    private readonly char[] _buffer = new char[4096];
    private int _start;
    private int _end;

    /// <summary>
    /// Bytes of standard input as characters, so that <see cref="ReadLineAsync"/> finds what is no UTF-8.
    /// </summary>
    internal static TextReader Decode(Stream input) => new StreamReader(
        input, Encoding.GetEncoding("utf-8", EncoderFallback.ExceptionFallback,
            new DecoderReplacementFallback(Undecodable.ToString())),
        detectEncodingFromByteOrderMarks: false);

    /// <summary>The next line without its end.</summary>
    /// <returns>Null at the end of the input; <c>Problem</c> says why a line must not be used, and is null
    /// otherwise.</returns>
    internal async Task<(string Text, string? Problem)?> ReadLineAsync(CancellationToken cancellation)
    {
        var line = new StringBuilder();
        string? problem = null;
        bool isThere = false;
        while (true)
        {
            if (_start == _end)
            {
                (_start, _end) = (0, await input.ReadAsync(_buffer, cancellation).ConfigureAwait(false));
                if (_end == 0)
                    return isThere ? (Text(line), problem) : null;
            }

            isThere = true;
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf('\n');
            ReadOnlySpan<char> part = _buffer.AsSpan(_start, length < 0 ? _end - _start : length);
            _start += part.Length;
            if (line.Length + part.Length > MaxCharacters)
                problem ??= $"a line may have {MaxCharacters} characters; nothing was done";
            if (part.Contains(Undecodable))
                problem ??= "the line is not UTF-8; nothing was done";
            if (problem is null)
                line.Append(part);
            if (length < 0)
                continue;
            _start++;
            return (Text(line), problem);
        }
    }

    private static string Text(StringBuilder line) =>
        line.Length > 0 && line[^1] == '\r' ? line.ToString(0, line.Length - 1) : line.ToString();
}
