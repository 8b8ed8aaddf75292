using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Cli;

namespace QuicProChat.Mesh.Node.Tests.Cli;

/// <summary>Files that the owner names: those that are written, and those that are read.</summary>
public sealed class NewFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-files-").FullName;

    private string File => Path.Combine(_directory, "backup");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_file_is_on_the_disk_with_its_name_when_it_is_finished()
    {
        var flushed = new List<(string Directory, long Length)>();
        using (var file = new NewFile(File, d => flushed.Add((d, new FileInfo(File).Length))))
        {
            file.Write("one "u8);
            file.Write("two"u8);
            Assert.Empty(flushed);
            file.Finish();
        }

        Assert.Equal([(_directory, "one two".Length)], flushed);
        Assert.Equal("one two", System.IO.File.ReadAllText(File));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public void Of_a_file_that_is_not_whole_nothing_stays()
    {
        using (var file = new NewFile(File))
            file.Write(new byte[100_000]);
        Assert.False(System.IO.File.Exists(File));

        using (var file = new NewFile(File, _ => throw new IOException("the disk is gone")))
        {
            file.Write("all of it"u8);
            Assert.Throws<IOException>(file.Finish);
        }

        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public void A_file_of_that_name_is_left_alone()
    {
        System.IO.File.WriteAllText(File, "older");
        Assert.Throws<IOException>(() => new NewFile(File));
        Assert.Equal("older", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void What_has_no_end_is_read_in_bounds_and_refused()
    {
        IOException passphrase = Assert.Throws<IOException>(() => Passphrase.Read("/dev/zero"));
        Assert.Contains("/dev/zero", passphrase.Message, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => BoundedFile.Read("/dev/zero", 1000));
        Assert.Equal(10, BoundedFile.ReadStart("/dev/zero", 10).Length);
    }

    [Fact]
    public void A_passphrase_is_the_first_line_of_a_file_of_any_length()
    {
        System.IO.File.WriteAllText(File, "correct horse\n" + new string('x', 1 << 20));
        Assert.Equal("correct horse"u8, Passphrase.Read(File));
        System.IO.File.WriteAllText(File, new string('x', 1024));
        Assert.Equal(1024, Passphrase.Read(File).Length);
        System.IO.File.WriteAllText(File, new string('x', 1025));
        Assert.Throws<IOException>(() => Passphrase.Read(File));
        System.IO.File.WriteAllText(File, "");
        Assert.Throws<IOException>(() => Passphrase.Read(File));
    }
}
