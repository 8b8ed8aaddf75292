using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>Random bytes in an array of their own.</summary>
internal static class RandomBytes
{
    internal static byte[] Bytes(this RandomFill random, int count)
    {
        byte[] bytes = new byte[count];
        random(bytes);
        return bytes;
    }
}
