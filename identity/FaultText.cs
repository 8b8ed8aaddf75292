using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// Faults of the system in words for people. The native build carries no texts of the runtime: what it throws has the
/// name of a text where a sentence should be (<c>IO_FileNotFound_FileName, /x</c>). Whatever is shown or logged of an
/// exception goes through here, so that both builds say the same.
/// </summary>
public static class FaultText
{
    /// <summary>Larger results are no error numbers of the system, see errno(3).</summary>
    private const int MaxErrno = 4095;

    /// <summary>One sentence without its final stop.</summary>
    public static string Of(Exception exception) => exception switch
    {
        AggregateException { InnerException: { } inner } => Of(inner),
        FileNotFoundException e => At(e.FileName ?? PathIn(e.Message), "no such file"),
        DirectoryNotFoundException e => At(PathIn(e.Message), "no such file or directory"),
        PathTooLongException e => At(PathIn(e.Message), "the path is too long"),
        UnauthorizedAccessException e =>
            At(PathIn(e.Message), (e.InnerException as IOException)?.HResult is { } code ? Errno(code)
                ?? "permission denied" : "permission denied"),
        SocketException e => Errno(e.NativeErrorCode) ?? $"socket error {(int)e.SocketErrorCode}",
        Win32Exception e => Errno(e.NativeErrorCode) ?? $"error {e.NativeErrorCode}",
        // Before what it is derived from: the runtime puts the error number of the system where others have a code of
        // its own.
        IOException e when Errno(e.HResult) is { } text => At(PathIn(e.Message), text),
        _ when !IsName(exception.Message) => exception.Message.ReplaceLineEndings(" ").TrimEnd('.'),
        // Networks and TLS wrap what happened.
        IOException { InnerException: { } inner } => Of(inner),
        AuthenticationException { InnerException: { } inner } => Of(inner),
        AuthenticationException => "the TLS handshake failed",
        EndOfStreamException => "it ends too early",
        OutOfMemoryException => "there is no memory left",
        TimeoutException => "it took too long",
        OperationCanceledException => "it was given up",
        ObjectDisposedException => "it is closed already",
        CryptographicException => "a cryptographic operation failed",
        _ => $"an unexpected fault ({exception.GetType().Name})",
    };

    /// <summary>Tells whether a message is the name of a text: one word, or one that no sentence begins with.</summary>
    internal static bool IsName(string message)
    {
        int end = message.AsSpan().IndexOfAny(' ', ',');
        ReadOnlySpan<char> first = end < 0 ? message : message.AsSpan(0, end);
        return end < 0 || first.Contains('_');
    }

    private static string At(string? path, string what) => string.IsNullOrEmpty(path) ? what : $"{path}: {what}";

    private static string? Errno(int number)
    {
        if (number is <= 0 or > MaxErrno)
            return null;
        string text = Marshal.GetPInvokeErrorMessage(number);
        return text.Length > 1 && char.IsUpper(text[0]) && char.IsLower(text[1]) ? char.ToLowerInvariant(text[0])
            + text[1..] : text;
    }

    /// <summary>The path in a message of the runtime: in quotation marks, or behind the name of the text.</summary>
    private static string? PathIn(string message)
    {
        if (IsName(message))
            return message.IndexOf(", ", StringComparison.Ordinal) is var comma and > 0 ? message[(comma + 2)..] : null;
        int first = message.IndexOf('\'', StringComparison.Ordinal);
        int last = message.LastIndexOf('\'');
        return last > first ? message[(first + 1)..last] : null;
    }
}
