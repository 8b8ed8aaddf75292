using System.Net.Sockets;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity.Tests;

/// <summary>
/// Faults of the runtime are told in sentences, also by a build that carries only the names of its texts.
/// </summary>
public sealed class FaultTextTests
{
    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        Assert.Equal("/nowhere/x: no such file or directory", Said(() => File.ReadAllBytes("/nowhere/x")));
        Assert.Equal("/etc/none: no such file", Said(() => File.ReadAllBytes("/etc/none")));
        Assert.Equal("/tmp: permission denied", Said(() => File.ReadAllBytes("/tmp")));
    }

    [Fact]
    public void Errors_of_the_system_are_told_in_its_words()
    {
        Assert.Equal("no space left on device", FaultText.Of(new IOException("IO_DiskFull_Path, /x", 28))
            .Split(": ")[^1]);
        Assert.Equal("connection refused", FaultText.Of(new SocketException((int)SocketError.ConnectionRefused)));
    }

    [Theory]
    [InlineData(typeof(IOException), "IO_FileExists_Name, /x")]
    [InlineData(typeof(UnauthorizedAccessException), "UnauthorizedAccess_IODenied_Path, /x")]
    [InlineData(typeof(DirectoryNotFoundException), "IO_PathNotFound_Path, /x")]
    [InlineData(typeof(ArgumentException), "ArgumentOutOfRange_PathLengthInvalid, /x, 107 Arg_ParamName_Name, path")]
    [InlineData(typeof(InvalidOperationException), "InvalidOperation_EnumFailedVersion")]
    [InlineData(typeof(NotSupportedException), "NotSupported")]
    [InlineData(typeof(CryptographicException), "Cryptography_UnknownError")]
    [InlineData(typeof(TimeoutException), "Arg_TimeoutException")]
    [InlineData(typeof(OutOfMemoryException), "Arg_OutOfMemoryException")]
    public void No_name_of_a_text_is_shown(Type type, string message)
    {
        var exception = (Exception)Activator.CreateInstance(type, message)!;
        string said = FaultText.Of(exception);
        Assert.Contains(' ', said);
        Assert.DoesNotContain('\n', said);
        Assert.DoesNotMatch("[A-Za-z]_[A-Za-z]", said);
    }

    [Fact]
    public void A_fault_is_told_in_one_line() =>
        Assert.DoesNotContain('\n', FaultText.Of(new ArgumentOutOfRangeException("port", 7, "It is wrong."))
            + FaultText.Of(new ObjectDisposedException("x")));

    [Fact]
    public void What_this_program_says_itself_stays_as_it_is()
    {
        Assert.Equal("a passphrase is missing in /x", FaultText.Of(new IOException("a passphrase is missing in /x")));
        Assert.Equal("Key file /a_b is damaged",
            FaultText.Of(new KeyFileException(KeyFileError.Damaged, "Key file /a_b is damaged.")));
    }

    private static string Said(Action action) => FaultText.Of(Assert.ThrowsAny<Exception>(action));
}
