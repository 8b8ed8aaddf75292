using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Wire.Tests;

/// <summary>The wire types of files under test, but for pieces, which are too long for a page.</summary>
internal static class FileCodecs
{
    // Before the codecs: they are made of it.
    private static readonly FileTag Tag = new(0xA0A1A2A3A4A5A6A7, 0xA8A9AAABACADAEAF);

    public static readonly Codec[] All =
    [
        new("BulkFrame", WriteBulk(), DecodeBulk, RecodeBulk, cut => cut > BulkFrame.HeaderSize),
        new("FileQuery", WriteQuery(), b => FileQuery.TryRead(b, out _), RecodeQuery, _ => false),
        new("FileAnswer", WriteAnswer(), DecodeAnswer, RecodeAnswer, cut => cut > FileAnswer.SizeOf(0)),
        new("FileRequest", WriteRequest(), DecodeRequest, RecodeRequest, _ => false),
    ];

    private static byte[] WriteBulk()
    {
        byte[] body = new byte[BulkFrame.SizeOf(4)];
        Assert.Equal(body.Length, BulkFrame.Write(body, overRadio: true, 300, Codec.Destination, Codec.ExamplePayload));
        return body;
    }

    private static bool DecodeBulk(ReadOnlySpan<byte> bytes) => BulkFrame.TryRead(bytes, out BulkFrame frame)
        && frame.HopsLeft <= Limits.LargestHops && frame.Payload.Length > 0 && (frame.OverRadio || !frame.OverRadio)
        && frame.Destination.High >= 0;

    private static byte[]? RecodeBulk(ReadOnlySpan<byte> bytes)
    {
        if (!BulkFrame.TryRead(bytes, out BulkFrame frame))
            return null;
        byte[] copy = new byte[bytes.Length];
        BulkFrame.Write(copy, frame.OverRadio, frame.HopsLeft, frame.Destination, frame.Payload);
        return copy;
    }

    private static byte[] WriteQuery()
    {
        byte[] word = new byte[FileQuery.Size];
        new FileQuery(Tag).Write(word);
        return word;
    }

    private static byte[]? RecodeQuery(ReadOnlySpan<byte> bytes)
    {
        if (!FileQuery.TryRead(bytes, out FileQuery query))
            return null;
        byte[] copy = new byte[FileQuery.Size];
        query.Write(copy);
        return copy;
    }

    private static byte[] WriteAnswer()
    {
        byte[] word = new byte[FileAnswer.SizeOf(2)];
        Assert.Equal(word.Length, FileAnswer.Write(word, Tag, FileAnswerStatus.Part, 0x0102030405060708, [0xFF, 0xE0]));
        return word;
    }

    private static bool DecodeAnswer(ReadOnlySpan<byte> bytes) => FileAnswer.TryRead(bytes, out FileAnswer answer)
        && answer.Status <= FileAnswerStatus.Busy && answer.Session >= 0 && answer.File.High >= 0
        && answer.Have.Length <= 256;

    private static byte[]? RecodeAnswer(ReadOnlySpan<byte> bytes)
    {
        if (!FileAnswer.TryRead(bytes, out FileAnswer answer))
            return null;
        byte[] copy = new byte[bytes.Length];
        FileAnswer.Write(copy, answer.File, answer.Status, answer.Session, answer.Have);
        return copy;
    }

    private static byte[] WriteRequest()
    {
        byte[] word = new byte[FileRequest.SizeOf(2)];
        Assert.Equal(word.Length, FileRequest.Write(
            word, Tag, 0x0102030405060708, 7, 0x1112131415161718,
            [new WantedPieces(1, 0xFF), new WantedPieces(2, 0x0F)]));
        return word;
    }

    private static bool DecodeRequest(ReadOnlySpan<byte> bytes)
    {
        if (!FileRequest.TryRead(bytes, out FileRequest request))
            return false;
        ulong all = request.Session | request.Ticket | request.Number | request.File.Low;
        for (int i = 0; i < request.Count; i++)
            all |= request[i].Chunk | (ulong)request[i].Pieces;
        return all >= 0;
    }

    private static byte[]? RecodeRequest(ReadOnlySpan<byte> bytes)
    {
        if (!FileRequest.TryRead(bytes, out FileRequest request))
            return null;
        var wanted = new WantedPieces[request.Count];
        for (int i = 0; i < wanted.Length; i++)
            wanted[i] = request[i];
        byte[] copy = new byte[bytes.Length];
        FileRequest.Write(copy, request.File, request.Session, request.Number, request.Ticket, wanted);
        return copy;
    }
}
