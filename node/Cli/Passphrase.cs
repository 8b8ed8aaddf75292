using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>Passphrases: from a file, or typed where nobody sees them.</summary>
internal static class Passphrase
{
    /// <summary>Longer ones are refused; arbitrary.</summary>
    private const int MostBytes = 1024;

    /// <summary>The first line of a file.</summary>
    /// <exception cref="IOException">It cannot be read, is empty or too long.</exception>
    internal static byte[] Read(string path)
    {
        byte[] all = BoundedFile.ReadStart(path, MostBytes + 1);
        try
        {
            int end = all.AsSpan().IndexOfAny((byte)'\n', (byte)'\r');
            Span<byte> line = end < 0 ? all : all.AsSpan(0, end);
            return line.Length is > 0 and <= MostBytes
                ? line.ToArray()
                : throw new IOException($"{path}: its first line must hold a passphrase of 1 to {MostBytes} bytes");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(all);
        }
    }

    /// <summary>Asks for what a command needs; twice, where it is chosen now and typed at a terminal.</summary>
    /// <exception cref="UsageException">It is empty, too long, or was typed in two ways.</exception>
    internal static byte[] AskFor(CommandArgument argument)
    {
        byte[] first = Ask("Password: ");
        if (first.Length is 0 or > MostBytes)
            throw new UsageException($"a password has 1 to {MostBytes} bytes");
        if (!argument.IsNew || Console.IsInputRedirected)
            return first;
        byte[] second = Ask("The same again: ");
        bool isSame = CryptographicOperations.FixedTimeEquals(first, second);
        CryptographicOperations.ZeroMemory(second);
        if (isSame)
            return first;
        CryptographicOperations.ZeroMemory(first);
        throw new UsageException("these are two different passwords: nothing was done");
    }

    /// <summary>Asks on the terminal without showing what is typed; from a pipe, reads a line.</summary>
    internal static byte[] Ask(string question)
    {
        if (Console.IsInputRedirected)
            return Encoding.UTF8.GetBytes(Console.In.ReadLine() ?? "");
        Console.Error.Write(question);
        var typed = new StringBuilder();
        while (true)
        {
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
                break;
            if (key.Key == ConsoleKey.Backspace && typed.Length > 0)
                typed.Length--;
            else if (!char.IsControl(key.KeyChar))
                typed.Append(key.KeyChar);
        }

        Console.Error.WriteLine();
        byte[] bytes = Encoding.UTF8.GetBytes(typed.ToString());
        typed.Clear();
        return bytes;
    }
}
