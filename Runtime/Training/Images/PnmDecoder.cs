namespace KnDsl.Training;

/// <summary>
/// PGM and PPM, in bytes or in digits. ImageSharp reads them too, but takes a first level that is a code of white space for white space
/// of the header, and all others for their neighbours.
/// </summary>
internal static class PnmDecoder
{
    /// <summary>The size of the image.</summary>
    public static ImageHeader ReadHeader(ImageFile file) => new Reader(file).Header;

    public static RgbImage Decode(ImageFile file)
    {
        var reader = new Reader(file);
        var header = reader.Header;
        var image = new RgbImage(header.Width, header.Height);
        try
        {
            for (var y = 0; y < header.Height; y++)
            {
                var row = image.Row(y);
                for (var place = 0; place < row.Length; place += RgbImage.BytesPerPixel)
                {
                    var red = reader.NextLevel();
                    var (green, blue) = reader.IsGrey ? (red, red) : (reader.NextLevel(), reader.NextLevel());
                    (row[place], row[place + 1], row[place + 2]) = (red, green, blue);
                }
            }
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    private ref struct Reader
    {
        private readonly ImageFile file;
        private readonly bool isText;
        private readonly int most;
        private int place;

        public Reader(ImageFile file)
        {
            this.file = file;
            var kind = file.Bytes[1];
            isText = kind is (byte)'2' or (byte)'3';
            IsGrey = kind is (byte)'2' or (byte)'5';
            place = 2;
            var (width, height) = (NextNumber(), NextNumber());
            most = NextNumber();
            if (width < 1 || height < 1 || most is < 1 or > ushort.MaxValue)
                throw file.Damaged($"is damaged: its header says {width} x {height} pixels of levels up to {most}");
            Header = new(ImageFormat.Pnm, width, height);
            // One byte of white space ends the header; what comes after it is a level.
            place++;
        }

        public ImageHeader Header { get; }

        public bool IsGrey { get; }

        public byte NextLevel()
        {
            int level;
            if (isText)
            {
                level = NextNumber();
            }
            else
            {
                var size = most > byte.MaxValue ? 2 : 1;
                if (place + size > file.Bytes.Length)
                    throw file.CutOff("its last pixel");
                level = size == 1 ? file.Bytes[place] : (file.Bytes[place] << 8) | file.Bytes[place + 1];
                place += size;
            }
            return level > most ? throw file.Damaged($"is damaged: it has a level of {level}, and its header says at most {most}")
                : (byte)(most == byte.MaxValue ? level : (level * byte.MaxValue + most / 2) / most);
        }

        /// <summary>A number in digits, after white space and comments.</summary>
        private int NextNumber()
        {
            var bytes = file.Bytes;
            while (place < bytes.Length && (char.IsWhiteSpace((char)bytes[place]) || bytes[place] == '#'))
            {
                var isComment = bytes[place++] == '#';
                while (isComment && place < bytes.Length && bytes[place] != '\n')
                    place++;
            }
            var (first, number) = (place, 0L);
            for (; place < bytes.Length && char.IsAsciiDigit((char)bytes[place]) && number <= int.MaxValue; place++)
                number = 10 * number + bytes[place] - '0';
            return place == bytes.Length && (first == place || !isText) ? throw file.CutOff("its last pixel")
                : first == place || number > int.MaxValue ? throw file.Damaged($"is damaged: byte {first} begins no number")
                : (int)number;
        }
    }
}
